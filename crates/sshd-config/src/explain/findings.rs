//! What a reader of the decisions must know beside them.

use camino::Utf8Path;
use kvmprep_lossless::effective::{Decision, Finding, STOPPED};
use kvmprep_lossless::files::Location;
use kvmprep_lossless::{Diagnostic, RowRef, Severity, Span};

use super::reasons::{self, shown};
use crate::effective::complaint::{Complained, Complaint, worded};
use crate::effective::{Effective, Source};
use crate::key::Key;
use crate::lint::stopping_lists;
use crate::{Sshd, Version};

/// Where the system-wide crypto policy has its files, and what the links to them lead to.
const POLICIES: [&str; 2] = ["/etc/crypto-policies", "/usr/share/crypto-policies"];

/// A reload makes sshd start itself anew, in its own place.
const RUNS_ON: &str = "an sshd that runs keeps what it took at its start, for new connections too, until a restart or a reload \
     ends it";

/// Each thing once, in the order it was met.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn into_list(self) -> Vec<Finding> {
        self.0
    }

    fn push(&mut self, source: Option<usize>, diagnostic: Diagnostic) {
        let finding = Finding { source, diagnostic };
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    fn at(&mut self, place: &Location, diagnostic: Diagnostic) {
        self.push(Some(place.source), diagnostic.at(place.span));
    }

    /// What stops sshd, once for all and each by itself, and what could not be read.
    pub(super) fn of(&mut self, effective: &Effective) {
        let stops = |complaint: &Complaint| *complaint != Complaint::Deprecated;
        for complained in effective.complaints().iter().filter(|complained| stops(&complained.complaint)) {
            let mut diagnostic = worded(complained.clone());
            let source = Some(complained.at.source).filter(|source| *source < effective.sources().len());
            let nowhere = complained.complaint == Complaint::CannotOpen && complained.line == 0;
            if source.is_none() || nowhere {
                diagnostic.span = None;
            }
            self.push(source.filter(|_| !nowhere), diagnostic);
        }
        let mut stopped = reasons::stopped(effective).filter(|_| effective.complaints().iter().all(is_of_start));
        for (number, source) in effective.sources().iter().enumerate() {
            for diagnostic in stopping_lists(source.text()) {
                if diagnostic.severity == Severity::Error {
                    let place = reasons::line(source, diagnostic.span.map_or(1, |span| source.line(span)));
                    let what = format!("{place}: {}", diagnostic.message);
                    stopped.get_or_insert_with(|| reasons::does_not_start(&what));
                }
                self.push(Some(number), diagnostic);
            }
        }
        if let Some(message) = stopped {
            self.push(None, Diagnostic::error(STOPPED, message).help(RUNS_ON));
        }
        for unread in effective.unread() {
            let diagnostic = Diagnostic::warning("unread", format!("not everything was read: {}", unread.why))
                .help("what hangs on it is unknown");
            match unread.at.source < effective.sources().len() {
                true => self.at(&unread.at, diagnostic),
                false => self.push(None, diagnostic),
            }
        }
    }

    pub(super) fn unknown_keyword(&mut self, spelled: &str, version: Version) {
        let message = format!("sshd {version} does not know `{spelled}`");
        self.push(
            None,
            Diagnostic::warning("unknown-keyword", message).help("sshd does not start where a file has it"),
        );
    }

    /// A drop-in that no Include draws in.
    pub(super) fn not_read(&mut self, path: &Utf8Path, main: &Utf8Path) {
        let message = format!("sshd does not read {}", shown(path));
        let help = match path.extension() {
            Some("conf") => format!("{} has no Include that draws it in", shown(main)),
            _ => format!("{} draws in `*.conf`, if anything: name it so", shown(main)),
        };
        self.push(None, Diagnostic::warning("not-read", message).help(help));
    }

    /// The usual file, where sshd is told to read another one.
    pub(super) fn started_with(&mut self, path: &Utf8Path, main: &Utf8Path, origin: &Utf8Path) {
        let message = format!("sshd does not read {}: it is started with `-f {main}`", shown(path));
        let help = format!("{} counts; the option stands in {}", shown(main), shown(origin));
        self.push(None, Diagnostic::warning("not-read", message).help(help));
    }

    /// Where the system-wide crypto policy decides, or would.
    pub(super) fn of_policy(&mut self, decision: &Decision<Key>, sources: &[Source]) {
        let is_policy = |at: &&Location| sources.get(at.source).is_some_and(is_policy);
        let Some(name) = decision.point.key.keyword() else { return };
        if let Some(place) = decision.at.iter().find(is_policy) {
            let message = format!("the system-wide crypto policy sets `{name}`");
            self.at(place, Diagnostic::note("crypto-policy", message).help(way_on(place, sources)));
        } else if let Some(place) = decision.shadowed.iter().find(is_policy) {
            let message = format!("the system-wide crypto policy sets `{name}` too, and is overridden");
            let help = "the host no longer follows its policy in this; take the value that wins out to follow it again";
            self.at(place, Diagnostic::note("crypto-policy-overridden", message).help(help));
        }
    }
}

/// Not what only a connection meets.
fn is_of_start(complained: &Complained) -> bool {
    complained.complaint != Complaint::Untold
}

fn is_policy(source: &Source) -> bool {
    POLICIES.iter().any(|directory| source.real.starts_with(directory) || source.path.starts_with(directory))
}

fn way_on(place: &Location, sources: &[Source]) -> String {
    let source = &sources[place.source];
    if source.is_command_line() {
        return "`update-crypto-policies` changes the policy; with a line `CRYPTO_POLICY=` in etc/sysconfig/sshd sshd \
                follows its own files"
            .to_owned();
    }
    let drawn_in_by = source.drawn_in_by.and_then(|at| sources.get(at.source)).map(|source| shown(&source.path));
    let before = drawn_in_by.unwrap_or("the file that draws it in");
    format!(
        "`update-crypto-policies` changes the policy; a value of your own goes into a drop-in that sorts before {before}"
    )
}

/// The line that a span begins in.
pub(super) fn row(source: &Source, span: Span) -> Option<RowRef<'_, Sshd>> {
    source.text().rows().find(|row| span.start < row.span().end && row.at <= span.start)
}
