//! Where a shell and systemd take different things for a key, and how to write it so that both agree.

use bstr::ByteSlice;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Setting, Value};

use crate::key::Key;
use crate::value::{fresh_style, quote};

/// What is to be said where the two readers surely take different values.
pub(crate) fn differ(key: &Key, shell: Option<&Setting<Key>>, manager: Option<&Setting<Key>>) -> Option<Diagnostic> {
    let taken = [shell, manager].map(|setting| setting.map(|setting| &setting.value));
    let same = match taken {
        [Some(Value::Unknown(_)), _] => true,
        [shell, manager] => shell == manager,
    };
    let at = shell.or(manager)?.at.first().copied();
    let [shell, manager] = taken;
    (!same).then(|| {
        let message = format!("a shell takes {} for `{key}`, and systemd {}", worded(shell), worded(manager));
        let diagnostic = Diagnostic::warning("readers-differ", message).help(agreeing(key, shell, manager));
        at.map_or(diagnostic.clone(), |at| diagnostic.at(at))
    })
}

/// What is to be said where running the shell decides, and systemd takes the text as it stands.
pub(crate) fn may_differ(
    key: &Key,
    shell: Option<&Setting<Key>>,
    manager: Option<&Setting<Key>>,
) -> Option<Diagnostic> {
    let (shell, Value::Unknown(why)) = (shell?, &shell?.value) else { return None };
    let manager = worded(manager.map(|setting| &setting.value));
    let message = format!("what a shell takes for `{key}` is not known ({why}); systemd takes {manager}");
    let help = "systemd runs and expands nothing: write the value out for both to agree";
    let diagnostic = Diagnostic::note("readers-may-differ", message).help(help);
    Some(shell.at.first().map_or(diagnostic.clone(), |at| diagnostic.at(*at)))
}

fn worded(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::Known(values)) => format!("`{}`", shown(&values.concat())),
        Some(Value::Unknown(_)) => "what only running it can tell".to_owned(),
    }
}

/// A line for each of the two values that means it to both readers.
fn agreeing(key: &Key, shell: Option<&Value>, manager: Option<&Value>) -> String {
    let line = |value: &[u8]| shown(&[key.name().as_bytes(), b"=", &spelled(value)].concat());
    let known = |value: Option<&Value>| Some(value?.known()?.concat()).filter(|value| value.to_str().is_ok());
    let alone = "on a line of its own, nothing before or behind it";
    match (known(shell), known(manager)) {
        (Some(shell), Some(manager)) => {
            format!("both agree on `{}`, or on `{}` for what systemd takes now, {alone}", line(&shell), line(&manager))
        }
        (Some(value), None) | (None, Some(value)) => format!("both agree on `{}`, {alone}", line(&value)),
        (None, None) => "convert the value to UTF-8: systemd takes no other".to_owned(),
    }
}

fn spelled(value: &[u8]) -> Vec<u8> {
    quote(value, fresh_style(value, true), true)
}
