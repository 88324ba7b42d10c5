use bstr::BString;
use kvmprep_lossless::files::Location;

use super::pass::Site;
use crate::Version;
use crate::check::Check;
use crate::vocabulary::{Keyword, Shape, Wins};

/// What one keyword took in one reading.
pub(super) struct Taken {
    pub(super) keyword: &'static Keyword,
    /// Where it was taken first.
    pub(super) first: Site,
    /// The arguments of each line that counts, and where they stand.
    pub(super) lines: Vec<Vec<BString>>,
    pub(super) at: Vec<Location>,
    /// All places, in the order of reading.
    pub(super) read: Vec<Location>,
    /// Why it cannot be told, if so.
    pub(super) unknown: Option<String>,
}

impl Taken {
    pub(super) fn new(keyword: &'static Keyword, first: Site) -> Self {
        Self { keyword, first, lines: Vec::new(), at: Vec::new(), read: Vec::new(), unknown: None }
    }

    /// One more line; `unknown` says why it may not be the next one that counts.
    pub(super) fn take(&mut self, version: Version, line: Vec<BString>, at: Location, unknown: Option<String>) {
        self.read.push(at);
        let counts = match self.keyword.wins {
            Wins::All => self.keyword.shape != Shape::Named || self.lines.iter().all(|taken| taken[0] != line[0]),
            Wins::First => self.lines.is_empty(),
            Wins::LastBefore(_) | Wins::NoneOrFirst => {
                let words = self.lines.iter().chain([&line]).map(|line| line[0].as_slice());
                let counts = self.keyword.winner(version, words) == self.lines.len();
                if counts {
                    self.lines.clear();
                    self.at.clear();
                }
                counts
            }
        };
        if self.lacks_rekey_time() {
            let time = line.into_iter().skip(1).filter(|time| *time != "none");
            let words = self.lines[0].len();
            self.lines[0].extend(time);
            if self.lines[0].len() == words {
                return;
            }
        } else if counts {
            self.lines.push(line);
        } else {
            return;
        }
        self.at.push(at);
        self.unknown = self.unknown.take().or(unknown);
    }

    /// The two words of RekeyLimit are first wins each for itself; asked of 9.2.
    fn lacks_rekey_time(&self) -> bool {
        self.keyword.check == Check::RekeyLimit && self.lines.first().is_some_and(|first| first.len() < 2)
    }

    /// True when no later line can change it.
    pub(super) fn is_settled(&self, version: Version) -> bool {
        match self.keyword.wins {
            Wins::All => false,
            Wins::First => !self.lacks_rekey_time(),
            Wins::LastBefore(until) => version >= until,
            Wins::NoneOrFirst => self.lines.iter().any(|line| line[0].eq_ignore_ascii_case(b"none")),
        }
    }
}
