use crate::{Key, Reader, Sysconfig};
use kvmprep_lossless::{Answer, Edit, Refusal, Request, Text};
pub(crate) fn answer(_text: &Text<Sysconfig>, _request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    Ok(Answer::default())
}
pub(crate) fn holds(_text: &Text<Sysconfig>, _reader: Reader, _edit: &Edit<Key>) -> bool {
    true
}
