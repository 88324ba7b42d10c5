//! Who wins and why, in one sentence each.

use camino::Utf8Path;
use kvmprep_lossless::Value;
use kvmprep_lossless::files::Location;

use super::parts::Part;
use crate::check::Check;
use crate::effective::complaint::Complaint;
use crate::effective::{Effective, Source, UNTOLD};
use crate::vocabulary::{Keyword, Shape, Wins};

/// The one consumer.
pub(super) const SSHD: &str = "sshd";

pub(super) const NO_WITNESS: &str = "no connection was found that meets these criteria";
pub(super) const TOO_MANY: &str = "there are too many Match blocks to ask for each";
pub(super) const NO_BLOCK: &str = "no file has such a block";
pub(super) const BLOCK: &str = "a connection that meets it takes what stands in it";
pub(super) const OTHERS: &str = "other keywords decide it";
/// No line is known to win.
const UNREAD: &str = "a file that sshd reads was not read, and may set it";
const UNTOLD_WHICH: &str = "which line counts hangs on what is not known of the connection";
pub(super) const UNKNOWN_KEYWORD: &str = "sshd does not know the keyword";

/// A path as messages name it: from the host's root.
pub(super) fn shown(path: &Utf8Path) -> &str {
    path.as_str().trim_start_matches('/')
}

/// Why sshd takes nothing of its files.
pub(super) fn stopped(effective: &Effective) -> Option<String> {
    let stops = effective.complaints().iter().find(|complained| complained.complaint != Complaint::Deprecated)?;
    let source = effective.sources().get(stops.at.source).filter(|_| stops.complaint != Complaint::CannotOpen);
    let message = match source {
        Some(source) => format!("{}: {}", line(source, stops.line), stops.message),
        None => stops.message.clone(),
    };
    Some(match stops.complaint {
        Complaint::Untold => format!("the port of the connection decides: {message}"),
        _ => does_not_start(&message),
    })
}

/// What stops sshd, with its place.
pub(super) fn does_not_start(what: &str) -> String {
    format!("sshd does not start with these files: {what}")
}

/// A line of a source as messages name it: of the command line the file that it comes from.
pub(super) fn line(source: &Source, line: usize) -> String {
    match source.is_command_line() {
        true => format!("{} ({})", source.path, shown(&source.real)),
        false => format!("{}:{line}", shown(&source.path)),
    }
}

/// No line decides.
pub(super) fn undecided(keyword: &Keyword, value: Option<&Value>) -> String {
    let why = match (keyword.shape, value) {
        (Shape::Ignored { .. }, _) => "sshd accepts it and does not look at it",
        (_, Some(_)) => UNREAD,
        (_, None) => "no file sets it: the built-in default holds",
    };
    why.to_owned()
}

/// Lines decide; `everybody` where no connection is asked about.
pub(super) fn decided(effective: &Effective, keyword: &Keyword, part: &Part, everybody: bool) -> String {
    let decision = effective.decision(keyword.name);
    if decision.is_some_and(|decision| decision.in_doubt) {
        return if part.value == Value::Unknown(UNTOLD.into()) { UNTOLD_WHICH } else { UNREAD }.to_owned();
    }
    let by_block = decision.is_some_and(|decision| decision.by_block);
    let sources = effective.sources();
    if keyword.adds_up() && keyword.shape != Shape::Named {
        let adds = "all lines add up, in the order sshd reads them";
        return match by_block && !part.shadowed.is_empty() {
            true => format!("{}; there {adds}", beats(everybody)),
            false => adds.to_owned(),
        };
    }
    if let (Some(rule), true) = (by_words(keyword), part.at.len() > 1) {
        return match by_block {
            true => format!("{rule}; {}", beats(everybody)),
            false => rule.to_owned(),
        };
    }
    if by_block {
        return beats(everybody).to_owned();
    }
    let source = |at: &Location| sources.get(at.source);
    let (Some(winner), loser) = (part.at.first().and_then(source), part.shadowed.first().and_then(source)) else {
        return OTHERS.to_owned();
    };
    let on_command_line = winner.is_command_line();
    match keyword.wins {
        _ if part.shadowed.is_empty() && on_command_line => "sshd's command line is read before every file".to_owned(),
        _ if part.shadowed.is_empty() => "nothing else sets it".to_owned(),
        Wins::LastBetween(..) if keyword.later_may_win(effective.version) => {
            format!("the last value that sshd reads wins, which is a slip of its parser in {}", effective.version)
        }
        Wins::NoneOrFirst if part.value == Value::Known(vec!["none".into()]) => {
            "`none` beats every other value, wherever it stands".to_owned()
        }
        _ if on_command_line => {
            "the first value that sshd reads wins, and its command line is read before every file".to_owned()
        }
        _ => first(winner, loser, part),
    }
}

/// How two lines make one value.
fn by_words(keyword: &Keyword) -> Option<&'static str> {
    match keyword.check {
        Check::RekeyLimit => Some("bytes and time are taken each for itself, from the first line that sets them"),
        Check::MaxStartups => {
            Some("the last value that sshd reads wins, and a number alone leaves the rate as it stands")
        }
        _ => None,
    }
}

fn beats(everybody: bool) -> &'static str {
    match everybody {
        true => "`Match all` holds for every connection, and a block beats the global section",
        false => "a Match block that the connection meets beats the global section, and the first such block wins",
    }
}

fn first(winner: &Source, loser: Option<&Source>, part: &Part) -> String {
    let same = |loser: &&Source| loser.path == winner.path;
    match loser {
        Some(loser) if !same(&loser) => {
            let (winner, loser) = (shown(&winner.path), shown(&loser.path));
            format!("the first value that sshd reads wins: {winner} is read before this place of {loser}")
        }
        _ if part.shadowed.len() == 1 => "the first value that sshd reads wins: the other stands below it".to_owned(),
        _ => "the first value that sshd reads wins: the others stand below it".to_owned(),
    }
}
