//! One file: `sysctl -p FILE`, `systemd-sysctl FILE`.

use std::collections::BTreeSet;
use std::fs;

use bstr::BString;
use fastrand::Rng;
use kvmprep_lossless::files::Glob;
use kvmprep_lossless::{Edit, Format, Request, Text};
use kvmprep_sysctl_conf::{Kernel, Key, Reader, SysctlConf, effective};

use super::{KEYS, Outcome, Readers, Said, is_so};
use crate::oracle::machine::Fault;
use crate::oracle::{Edited, Oracle};

pub struct OneFile(Readers);

impl OneFile {
    pub fn found() -> Result<Self, Fault> {
        Ok(Self(Readers::found()?))
    }
}

impl Oracle for OneFile {
    const NAME: &'static str = "sysctl";
    type Format = SysctlConf;
    type Input = Vec<u8>;
    type Said = Said;

    fn dialect(&self) -> SysctlConf {
        self.0.dialect()
    }

    fn input(&self, random: &mut Rng) -> Vec<u8> {
        super::text(random, 9)
    }

    fn request(&self, random: &mut Rng, _: &Vec<u8>) -> Request<Key> {
        super::request(random)
    }

    fn ask(&self, files: &[Vec<u8>]) -> Result<Vec<Said>, Fault> {
        self.0.ask(
            files,
            "",
            |top, file| Ok(fs::write(top.join("x.conf"), file)?),
            |top, reader| match reader {
                Reader::Procps(_) => format!("-p {}", top.join("x.conf").display()),
                Reader::Systemd(_) => top.join("x.conf").display().to_string(),
            },
        )
    }

    /// Runs of a reader.
    fn questions(&self, said: &Self::Said) -> usize {
        said.len()
    }

    /// What a reader did must be what we say it does, and what the file says of each key.
    fn misread(&self, file: &Vec<u8>, said: &Self::Said) -> Option<String> {
        let text = Text::read(self.dialect(), file.as_slice());
        said.iter().find_map(|(reader, said)| {
            let ours = Outcome::from(effective(*reader, [file], &Kernel::new(KEYS)));
            if ours != *said {
                return Some(format!("{reader}: we say {ours:?}, it did {said:?}"));
            }
            KEYS.iter().find_map(|path| {
                let key: Key = path.parse().ok()?;
                let got = text.syntax().get(&text, *reader, &key).pop().map(|setting| setting.value);
                let did = said.values.get(key.path());
                (!is_so(got.as_ref(), did)).then(|| format!("{reader} {path}: we get {got:?}, it did {did:?}"))
            })
        })
    }

    fn misdone(&self, edited: &Edited<'_, Self>) -> Option<String> {
        let Edited { from, request, before, after, .. } = *edited;
        // A pattern as a key stands for the lines that spell it so: what they set moves with them.
        let path = request.edit.key().path();
        // What a pattern sets stays set when the key's own lines go: they are what `unset` and `disable` take out.
        let by_pattern = from.iter().any(|byte| b"*?[".contains(byte));
        before.iter().zip(after).find_map(|((reader, before), (_, after))| {
            let wanted = match &request.edit {
                Edit::Set { to, .. } => to.first().cloned(),
                _ => None,
            };
            let is_meant = |known: &&BString| **known == path || Glob::GNU.matches(path, known);
            let known: BTreeSet<&BString> = before.values.keys().chain(after.values.keys()).collect();
            let others = known.into_iter().filter(|known| !is_meant(known));
            let moved: Vec<_> = others.filter(|key| before.values.get(*key) != after.values.get(*key)).collect();
            let is_open = !KEYS.iter().any(|known| path == known.as_bytes()) || (wanted.is_none() && by_pattern);
            let is_so = is_open || after.values.get(path) == wanted.as_ref();
            (!is_so || !moved.is_empty()).then(|| format!("{reader}: moved {moved:?}; was {before:?}, is {after:?}"))
        })
    }
}
