//! What a POSIX extended regular expression matches, as `regexec(3)` finds it in the C locale.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::refused;

/// How deep groups may stand in each other.
const DEPTH: usize = 64;

/// How many places are looked at before a search is given up: repeats within repeats double it with each level.
const PLACES: usize = 1 << 20;

/// True where the pattern is found somewhere in the text; one that does not compile is found nowhere. `None` for a pattern
/// with a class, a back reference or an operator of the GNU library, whose meaning is not known here, and for one that takes
/// too long.
pub(crate) fn found(pattern: &[u8], text: &[u8]) -> Option<bool> {
    if refused(pattern).is_some() {
        return Some(false);
    }
    let mut parser = Parser { pattern, at: 0 };
    let whole = parser.alternatives(0)?;
    let search = Search { text, left: Cell::new(PLACES) };
    let ends = whole.ends(&search, &(0..=text.len()).collect());
    (search.left.get() > 0).then_some(!ends.is_empty())
}

/// Part of a pattern.
enum Node {
    /// One of these bytes.
    OneOf(Vec<u8>),
    /// Any byte but these.
    NoneOf(Vec<u8>),
    Start,
    End,
    /// Sequences, of which one matches.
    Any(Vec<Vec<Node>>),
    /// At least and at most so often.
    Repeat(Box<Node>, usize, Option<usize>),
}

type Places = BTreeSet<usize>;

struct Search<'t> {
    text: &'t [u8],
    /// How many places may still be looked at.
    left: Cell<usize>,
}

impl Node {
    /// Where a match ends that begins at one of these places.
    fn ends(&self, search: &Search<'_>, starts: &Places) -> Places {
        let (text, left) = (search.text, search.left.get().saturating_sub(starts.len() + 1));
        search.left.set(left);
        if left == 0 {
            return Places::new();
        }
        let step = |takes: &dyn Fn(&u8) -> bool| {
            starts.iter().filter(|at| text.get(**at).is_some_and(takes)).map(|at| at + 1).collect()
        };
        match self {
            Self::OneOf(bytes) => step(&|byte| bytes.contains(byte)),
            Self::NoneOf(bytes) => step(&|byte| !bytes.contains(byte)),
            Self::Start => starts.iter().copied().filter(|at| *at == 0).collect(),
            Self::End => starts.iter().copied().filter(|at| *at == text.len()).collect(),
            Self::Any(sequences) => {
                let of = |sequence: &Vec<Self>| sequence.iter().fold(starts.clone(), |at, node| node.ends(search, &at));
                sequences.iter().flat_map(of).collect()
            }
            Self::Repeat(node, low, high) => repeated(node, *low, *high, search, starts),
        }
    }
}

/// Repeating stops where it leads nowhere new: from there on it never would.
fn repeated(node: &Node, low: usize, high: Option<usize>, search: &Search<'_>, starts: &Places) -> Places {
    let mut now = starts.clone();
    for _ in 0..low {
        let next = node.ends(search, &now);
        if next == now {
            break;
        }
        now = next;
    }
    let mut all = now.clone();
    for _ in low..high.unwrap_or(usize::MAX) {
        now = node.ends(search, &now);
        if now.is_subset(&all) {
            break;
        }
        all.extend(&now);
    }
    all
}

/// Reads a pattern that compiles.
struct Parser<'p> {
    pattern: &'p [u8],
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.pattern.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// To the end of the pattern, or of the group.
    fn alternatives(&mut self, depth: usize) -> Option<Node> {
        let mut sequences: Vec<Vec<Node>> = vec![Vec::new()];
        while let Some(byte) = self.next() {
            let sequence = sequences.last_mut()?;
            let node = match byte {
                b'|' => {
                    sequences.push(Vec::new());
                    continue;
                }
                b')' if depth > 0 => break,
                b'(' if depth == DEPTH => return None,
                b'(' => self.alternatives(depth + 1)?,
                b'*' => Node::Repeat(Box::new(sequence.pop()?), 0, None),
                b'+' => Node::Repeat(Box::new(sequence.pop()?), 1, None),
                b'?' => Node::Repeat(Box::new(sequence.pop()?), 0, Some(1)),
                b'{' => {
                    let (low, high) = self.interval()?;
                    Node::Repeat(Box::new(sequence.pop()?), low, high)
                }
                b'[' => self.bracket()?,
                b'.' => Node::NoneOf(vec![0]),
                b'^' => Node::Start,
                b'$' => Node::End,
                b'\\' => Node::OneOf(vec![self.next().filter(|byte| is_plain(*byte))?]),
                byte => Node::OneOf(vec![byte]),
            };
            sequence.push(node);
        }
        Some(Node::Any(sequences))
    }

    /// Behind `{`.
    fn interval(&mut self) -> Option<(usize, Option<usize>)> {
        let length = self.pattern[self.at..].iter().position(|byte| *byte == b'}')?;
        let text = std::str::from_utf8(&self.pattern[self.at..self.at + length]).ok()?;
        self.at += length + 1;
        let number = |digits: &str| if digits.is_empty() { None } else { digits.parse().ok() };
        match text.split_once(',') {
            Some((low, high)) => Some((number(low).unwrap_or(0), number(high))),
            None => number(text).map(|count| (count, Some(count))),
        }
    }

    /// Behind `[`.
    fn bracket(&mut self) -> Option<Node> {
        let negated = self.pattern.get(self.at) == Some(&b'^');
        self.at += usize::from(negated);
        let mut bytes = Vec::new();
        loop {
            let low = match self.next()? {
                b']' if !bytes.is_empty() => break,
                b'[' if matches!(self.pattern.get(self.at), Some(b':' | b'.' | b'=')) => return None,
                byte => byte,
            };
            let is_range = self.pattern.get(self.at) == Some(&b'-') && self.pattern.get(self.at + 1) != Some(&b']');
            if !is_range {
                bytes.push(low);
                continue;
            }
            self.at += 1;
            match self.next()? {
                b'[' if matches!(self.pattern.get(self.at), Some(b':' | b'.' | b'=')) => return None,
                high => bytes.extend(low..=high),
            }
        }
        Some(if negated { Node::NoneOf(bytes) } else { Node::OneOf(bytes) })
    }
}

/// True for what stands for itself behind a backslash in every library.
fn is_plain(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !b"<>`'".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from glibc's `regexec(3)` with `REG_EXTENDED | REG_NOSUB` in the C locale.
    const RECORDED: &str = include_str!("../../../../testdata/multipath/regexec.tsv");

    #[test]
    fn patterns_match_as_they_do_in_glibc() {
        let mut asked = 0;
        for line in RECORDED.lines() {
            let [verdict, pattern, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let expected = (verdict == "found", found(pattern.as_bytes(), text.as_bytes()));
            assert!(expected.1.is_none_or(|found| found == expected.0), "{line}");
            asked += usize::from(expected.1.is_some());
        }
        assert!(asked > 300, "{asked}");
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for pattern in ["[[:alpha:]]", "(a)\\1", "\\<a", "a\\w", "[[.-.]]", "[a-[.z.]]"] {
            assert_eq!(found(pattern.as_bytes(), b"a"), None, "{pattern}");
        }
    }

    #[test]
    fn nested_repeats_end() {
        let many = ["^a", &"*".repeat(900), "b"].concat();
        let groups = ["^", &"(".repeat(60), "a", &")*".repeat(60), "b"].concat();
        for pattern in [many, groups] {
            let given_up = found(pattern.as_bytes(), &[b'a'; 1000]);
            assert!(given_up.is_none_or(|found| !found), "{pattern}");
        }
        let deep = ["^", &"(".repeat(60), "a?", &"){0,9}".repeat(60), "b"].concat();
        assert_eq!(found(deep.as_bytes(), &[b'a'; 1000]), None);
        assert_eq!(found(b"((a{0,999}){999}){999}b", b"aaaaaaaaaaaaaaaaaaaaaaaa"), Some(false));
        assert_eq!(found("(".repeat(100).as_bytes(), b"a"), Some(false));
        assert_eq!(found(["(".repeat(100), ")".repeat(100)].concat().as_bytes(), b"a"), None);
    }
}
