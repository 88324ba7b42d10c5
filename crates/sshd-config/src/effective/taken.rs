use bstr::BString;
use kvmprep_lossless::files::Location;

use super::pass::Site;
use crate::Version;
use crate::check::Check;
use crate::scan;
use crate::vocabulary::{Keyword, Shape, Wins};

/// What one keyword took in one reading.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) keyword: &'static Keyword,
    /// Where it was taken first.
    pub(super) first: Site,
    /// The arguments of each line that counts, and where they stand.
    pub(super) lines: Vec<Vec<BString>>,
    pub(super) at: Vec<Location>,
    /// All places, in the order in which they win, were those before them gone.
    pub(super) read: Vec<Location>,
    /// How many of them say `none`, where that beats all others.
    nones: usize,
    /// Why it cannot be told, if so.
    pub(super) unknown: Option<String>,
    /// True when a block took it, for a connection.
    pub(super) by_block: bool,
}

impl Taken {
    pub(super) fn new(keyword: &'static Keyword, first: Site) -> Self {
        let (lines, at, read) = (Vec::new(), Vec::new(), Vec::new());
        Self { keyword, first, lines, at, read, nones: 0, unknown: None, by_block: false }
    }

    /// One more line; `unknown` says why it may not be the next one that counts.
    pub(super) fn take(&mut self, version: Version, mut line: Vec<BString>, at: Location, unknown: Option<String>) {
        self.comes_to(version, &line, at);
        let counts = match self.keyword.wins {
            Wins::All => self.keyword.shape != Shape::Named || self.lines.iter().all(|taken| taken[0] != line[0]),
            Wins::First => self.lines.is_empty(),
            Wins::LastBetween(..) | Wins::NoneOrFirst => {
                let words = self.lines.iter().chain([&line]).map(|line| line[0].as_slice());
                let counts = self.keyword.winner(version, words) == self.lines.len();
                if counts {
                    let keeps = self.keeps_rate(&mut line);
                    self.at.truncate(usize::from(keeps));
                    self.lines.clear();
                }
                counts
            }
        };
        if counts {
            self.lines.push(line);
        } else if !self.takes_rekey_time(line) {
            return;
        }
        self.at.push(at);
        self.unknown = self.unknown.take().or(unknown);
    }

    fn comes_to(&mut self, version: Version, line: &[BString], at: Location) {
        match self.keyword.wins {
            Wins::LastBetween(..) if self.keyword.later_may_win(version) => self.read.insert(0, at),
            Wins::NoneOrFirst if line[0].eq_ignore_ascii_case(b"none") => {
                self.read.insert(self.nones, at);
                self.nones += 1;
            }
            _ => self.read.push(at),
        }
    }

    /// A MaxStartups of one number leaves the rate as it stands. Asked of 9.2.
    fn keeps_rate(&self, line: &mut [BString]) -> bool {
        let numbers = |line: &BString| scan::colons(line);
        let stood =
            self.lines.first().filter(|_| self.keyword.check == Check::MaxStartups).map(|line| numbers(&line[0]));
        match (stood.as_deref(), numbers(&line[0]).as_slice()) {
            (Some([_, rate, _, ..]), [number]) => {
                line[0] = format!("{number}:{rate}:{number}").into();
                true
            }
            _ => false,
        }
    }

    /// True when it counts where a block took it for a connection. Of a global keyword, which `Match all` admits, that is
    /// so with the patterns of PermitUserEnvironment alone: `copy_set_server_options`. Case `user-environment-in-match-all`.
    pub(super) fn replaces(&self, version: Version) -> bool {
        let is_pattern = |line: &Vec<BString>| !matches!(line[0].as_slice(), b"yes" | b"no");
        self.keyword.in_blocks(version)
            || (self.keyword.check == Check::UserEnvironment
                && version >= Version(7, 8)
                && self.lines.first().is_some_and(is_pattern))
    }

    /// What a block took beats what the global section took.
    pub(super) fn beats(&mut self, global: Self) {
        self.read.extend(global.read);
        if self.lacks_rekey_time() {
            self.unknown = self.unknown.take().or(global.unknown);
        }
        if global.lines.into_iter().next().is_some_and(|line| self.takes_rekey_time(line)) {
            self.at.splice(..0, global.at.last().copied());
        }
    }

    /// The two words of RekeyLimit are taken each for itself, and `none` leaves the time open. Asked of 9.2.
    fn takes_rekey_time(&mut self, line: Vec<BString>) -> bool {
        let time = line.into_iter().nth(1).filter(|time| self.lacks_rekey_time() && time != "none");
        let takes = time.is_some();
        if let (Some(first), Some(time)) = (self.lines.first_mut(), time) {
            first.truncate(1);
            first.push(time);
        }
        takes
    }

    fn lacks_rekey_time(&self) -> bool {
        let lacks = |first: &Vec<BString>| first.get(1).is_none_or(|time| time == "none");
        self.keyword.check == Check::RekeyLimit && self.lines.first().is_some_and(lacks)
    }

    /// True when no later line can change it.
    pub(super) fn is_settled(&self, version: Version) -> bool {
        match self.keyword.wins {
            Wins::All => false,
            Wins::First => !self.lacks_rekey_time(),
            Wins::LastBetween(..) => !self.keyword.later_may_win(version),
            Wins::NoneOrFirst => self.lines.iter().any(|line| line[0].eq_ignore_ascii_case(b"none")),
        }
    }
}
