//! What a reader of the decisions must know.

use bstr::{BString, ByteSlice};
use kvmprep_lossless::effective::Host;
use kvmprep_lossless::files::FilesError;
use kvmprep_lossless::value::shown;
use kvmprep_lossless::{Diagnostic, Severity};

use super::Asked;
use crate::diagnostics::{diagnostics, on_loopback};
use crate::effective::{Multi, by_name, seen};
use crate::key::{Key, Name};
use crate::record::{Record, records, records_named};
use crate::surroundings::HOSTS;
use crate::value::{self, Family};

pub(crate) fn nameless(why: &str) -> Diagnostic {
    Diagnostic::note("own-name-unknown", format!("the host's own name is not known: {why}"))
        .help("see for yourself that no loopback line has it")
}

pub(crate) fn unread(error: &FilesError) -> Diagnostic {
    Diagnostic::error("not-read", format!("{} could not be read: {}", error.path, error.why))
        .help("answers that hang on it are unknown")
}

pub(super) fn told(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

impl Asked<'_> {
    /// What keeps lookups from the file, or lets others answer as well.
    pub(super) fn about_host(&self, host: Host<'_>) -> Vec<Diagnostic> {
        let elsewhere = (host.path != HOSTS)
            .then(|| Diagnostic::note("not-applied", format!("the C library reads {HOSTS}, not {}", host.path)));
        let around = self.around;
        let errors = [around.multi.as_ref().err(), around.services.as_ref().err()];
        let unread = errors.into_iter().flatten().map(unread);
        let nameless = around.hostname.as_ref().err().cloned();
        let services = around.services.as_ref().ok().and_then(|services| about_services(services.as_ref()?));
        elsewhere.into_iter().chain(unread).chain(nameless).chain(services).collect()
    }

    /// What the lines of the key do that is likely not meant, and what hides lines from the C library.
    pub(super) fn about_lines(&self, key: &Key) -> Vec<Diagnostic> {
        let mut found = diagnostics(self.text);
        found.retain(|diagnostic| diagnostic.severity == Severity::Error || diagnostic.code == "line-not-ended");
        let own = self.own_names();
        for record in records(self.text).filter(|record| value::is_loopback(record.address())) {
            for (name, span) in record.names() {
                let concerns = match key {
                    Key::Names(names) => names.names().iter().any(|asked| asked.is(name)),
                    Key::Address(address) => seen(Some(Family::of(*address)), record.address()) == Some(*address),
                };
                let is_own = |name: &[u8]| own.iter().any(|own| own.is(name));
                if is_own(name) && (concerns || asks_for(key, is_own)) {
                    found.push(own_on_loopback(name, &record).at(span));
                } else if concerns && !value::is_kept_on(name, record.address()) {
                    found.push(on_loopback(name, record.address()).at(span));
                }
            }
        }
        found.extend(self.passed_over(key));
        found.extend(self.two_canonical_names(key));
        found
    }

    /// A name whose canonical name is another one for each family; who asks for none gets that of the first line.
    fn two_canonical_names(&self, key: &Key) -> Vec<Diagnostic> {
        let Key::Names(names) = key else { return Vec::new() };
        let differ = |name: &Name| {
            let told = |family| Some(by_name(self.text, name.as_bytes(), family, self.multi())?.canonical);
            let (v4, v6, any) = (told(Some(Family::V4))?, told(Some(Family::V6))?, told(None)?);
            let message = format!(
                "the canonical name of `{}` is `{}` for IPv4 and `{}` for IPv6; who asks for no family is told `{}`",
                shown(name.as_bytes()),
                shown(&v4),
                shown(&v6),
                shown(&any)
            );
            let help = "begin the lines of both families with the same name";
            (v4 != v6).then(|| Diagnostic::note("canonical-names-differ", message).help(help))
        };
        let asked = names.names().iter().filter(|_| names.family().is_none());
        asked.filter_map(differ).collect()
    }

    /// Lines of a name that do not answer, as `multi on` is not said: edits are made for hosts that say it.
    fn passed_over(&self, key: &Key) -> Option<Diagnostic> {
        let Key::Names(names) = key else { return None };
        // That `localhost` is 127.0.0.1 and `::1` is as it should be.
        let is_meant = |record: &Record<'_>, name: &Name| value::is_kept_on(name.as_bytes(), record.address());
        let several = names.names().iter().any(|name| {
            let lines: Vec<bool> =
                records_named(self.text, std::slice::from_ref(name)).map(|record| is_meant(&record, name)).collect();
            lines.len() > 1 && lines.contains(&false)
        });
        (several && self.around.multi == Ok(Multi::Off)).then(|| {
            Diagnostic::note(
                "multi-off",
                "/etc/host.conf does not say `multi on`: of several lines of a name the first one answers that the query can \
                 use, and who asks for no family gets one address in all",
            )
            .help("say `multi on`, or leave the one line that is meant")
        })
    }

    /// The host's own name, short and full: what it is given at boot, its first label, and the longer names of that label
    /// on the same lines.
    fn own_names(&self) -> Vec<Name> {
        let Ok(Some(hostname)) = &self.around.hostname else { return Vec::new() };
        let short: BString = hostname.split(|&byte| byte == b'.').next().unwrap_or_default().into();
        if short.eq_ignore_ascii_case(b"localhost") || short.is_empty() {
            return Vec::new();
        }
        let full = [&short[..], b"."].concat();
        let is_full = |name: &[u8]| name.get(..full.len()).is_some_and(|head| head.eq_ignore_ascii_case(&full));
        let mut own = vec![Name(hostname.clone()), Name(short)];
        let spoken = own.clone();
        let lines = records_named(self.text, &spoken);
        own.extend(
            lines
                .flat_map(|record| record.names())
                .filter(|(name, _)| is_full(name))
                .map(|(name, _)| Name(name.to_owned())),
        );
        own
    }
}

fn asks_for(key: &Key, is_own: impl Fn(&[u8]) -> bool) -> bool {
    matches!(key, Key::Names(names) if names.names().iter().any(|name| is_own(name.as_bytes())))
}

fn own_on_loopback(name: &[u8], record: &Record<'_>) -> Diagnostic {
    let message = format!("the host's own name `{}` stands on the loopback line of {}", shown(name), record.address());
    Diagnostic::warning("own-name-on-loopback", message).help(
        "a peer that is told this name, or has this line too, connects to itself: give the name the address that peers reach",
    )
}

/// `files` must stand first, with nothing behind it that asks on when it has answered.
fn about_services(services: &[BString]) -> Option<Diagnostic> {
    let line = || shown(&bstr::join(" ", services));
    let Some(at) = services.iter().position(|service| service == "files") else {
        let message = format!("/etc/nsswitch.conf does not ask /etc/hosts: `hosts: {}`", line());
        return Some(Diagnostic::warning("files-not-asked", message).help("put `files` first on its `hosts:` line"));
    };
    let asks_on = |action: &BString| action.starts_with(b"[") && action.to_ascii_lowercase().contains_str("success");
    if at > 0 {
        let message = format!("/etc/nsswitch.conf asks others before /etc/hosts: `hosts: {}`", line());
        return Some(
            Diagnostic::warning("files-not-first", message).help("what they answer, the file does not decide"),
        );
    }
    services.get(1).is_some_and(asks_on).then(|| {
        let message = format!("/etc/nsswitch.conf asks on when /etc/hosts has answered: `hosts: {}`", line());
        Diagnostic::warning("files-not-last", message).help("what they answer, the file does not decide")
    })
}
