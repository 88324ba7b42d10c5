use std::ops::Range;

use bstr::{BString, ByteSlice};
use kvmprep_lossless::lines::Ending;
use kvmprep_lossless::{Answer, Edit, Fact, Manner, Move, Refusal, Request, RowEdit, Subject, Text};

use super::Work;
use super::take::commented;
use crate::key::{Key, Name};
use crate::reading::{Scope, criteria_of, scope};
use crate::vocabulary::Keyword;
use crate::{Kind, Sshd};

/// A verb on a block as a whole: it can be taken out or commented out, from its Match line to its last directive.
/// Comments and blank lines behind that lead whatever follows, and stay.
pub(super) fn answer(text: &Text<Sshd>, key: &Key, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
    match &request.edit {
        Edit::Unset { .. } => taken_out(text, key, |row, _| RowEdit::Drop { row }),
        Edit::Disable { .. } => taken_out(text, key, |row, line| RowEdit::Replace { row, with: commented(line) }),
        Edit::Set { .. } | Edit::Add { .. } | Edit::Remove { .. } => {
            Err(Refusal::new("no-value", "a block is not a value")
                .help(format!("name a keyword in it: `{key}.Banner`")))
        }
    }
}

fn taken_out(text: &Text<Sshd>, key: &Key, each: impl Fn(usize, &[u8]) -> RowEdit) -> Result<Answer<Key>, Refusal> {
    let Some(rows) = extent(text, key) else { return Ok(Answer::default()) };
    let next = key.scope().map_or(2, |block| block.ordinal + 1);
    if scope(text, key.clone().nth_block(next).scope()).is_some() {
        return Err(Refusal::new(
            "several-blocks",
            "a later block has the same criteria and would take this one's place",
        )
        .help(format!("take out the last of them first: `{}`", key.clone().nth_block(next))));
    }
    let mut answer = Answer::default();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for row in text.run_of(rows).rows() {
        let first = before.len();
        text.syntax().facts_of(row, &mut before);
        if matches!(row.kind, Kind::Blank | Kind::Comment) && matches!(each(0, b""), RowEdit::Replace { .. }) {
            after.extend(before[first..].iter().cloned());
            continue;
        }
        let edit = each(row.index, row.bytes);
        if let RowEdit::Replace { with, .. } = &edit {
            after.push(Fact::comment(with.trim_ascii()));
        }
        answer.rows.push(edit);
    }
    answer.moves.extend(before.into_iter().map(|fact| Move {
        subject: fact.subject,
        from: vec![fact.value],
        to: vec![],
    }));
    answer.moves.extend(after.into_iter().map(|fact| Move {
        subject: fact.subject,
        from: vec![],
        to: vec![fact.value],
    }));
    Ok(answer)
}

/// The Match line through the last line that says something.
fn extent(text: &Text<Sshd>, key: &Key) -> Option<Range<usize>> {
    let scope = scope(text, key.scope())?;
    let header = scope.header?;
    let says = |kind: Kind| !matches!(kind, Kind::Blank | Kind::Comment);
    let last = text.run_of(header..scope.end).rows().filter(|row| says(row.kind)).last()?;
    Some(header..last.index + 1)
}

const ABSENT: &str = "no-such-block";

pub(super) fn absent(key: &Key) -> Refusal {
    let criteria = key.scope().map(|block| block.criteria.to_string()).unwrap_or_default();
    Refusal::new(ABSENT, format!("there is no block `Match {criteria}`"))
        .help("check the criteria; allowed, `set` writes a new block at the end of the file")
        .overridable()
}

/// A new block with one line in it: at the end of the file, where it comes after all others, or before a final
/// `Match all`, behind which it would come too late. Cases `edit-add-block`, `edit-add-block-after-match-all`.
pub(super) fn create(
    text: &Text<Sshd>,
    key: Key,
    name: Name,
    keyword: Option<&'static Keyword>,
    to: &[BString],
    manner: &Manner,
) -> Result<Answer<Key>, Refusal> {
    let Some(block) = key.scope().cloned().filter(|_| manner.allows(ABSENT)) else { return Err(absent(&key)) };
    let before = key.clone().nth_block(block.ordinal.saturating_sub(1));
    if block.ordinal > 1 && scope(text, before.scope()).is_none() {
        return Err(Refusal::new("no-such-block", "blocks with the same criteria are numbered without gaps"));
    }
    let criteria = writable(&block.criteria.text())?;
    let (since, version) = (block.criteria.since(), text.syntax().version);
    if since > version {
        let message = format!("`Match {}` needs OpenSSH {since}, this is {version}", block.criteria);
        return Err(Refusal::new("criteria-too-new", message).help("an older sshd refuses to start on it"));
    }
    let last = text.rows().filter(|row| row.kind == Kind::Match).last();
    let all = last.filter(|row| criteria_of(text, row).is_some_and(|criteria| criteria.is_all()));
    let end = all.map_or(text.len(), |row| row.index);
    let header = Scope { header: Some(end), start: end, end };
    let mut work = Work { text, key, name, keyword, scope: header, manner, answer: Answer::default() };
    work.check(to)?;
    let values = super::asked(work.shape(), to);
    let spot = work.before_first_match(end);
    let ending = Ending::dominant(&text.contiguous());
    let line = work.lines(&values, b"\t", b" ", ending)?;
    let blank_above = spot == 0 || text.run_of(spot - 1..spot).rows().all(|row| row.kind == Kind::Blank);
    let blank = |wanted: bool| if wanted { ending.bytes() } else { b"" };
    let blank_below = text.run_of(spot..spot + 1).rows().any(|row| row.kind != Kind::Blank);
    let lines =
        [blank(!blank_above), b"Match ", &criteria, ending.bytes(), &line, blank(blank_below && spot < text.len())];
    work.answer.rows.push(RowEdit::Insert { before: spot, lines: lines.concat() });
    let subject = Subject::Setting(Key::from_parts(Some(block), None).unnumbered());
    work.answer.moves.push(Move { subject, from: Vec::new(), to: vec![criteria.into()] });
    work.moved(&[], &values);
    work.note_weak(&[], &values);
    work.warn_of_rivals(spot);
    Ok(work.answer)
}

/// Criteria that every release reads alike.
fn writable(criteria: &BString) -> Result<Vec<u8>, Refusal> {
    let patterns = criteria.replace("\"", "");
    if patterns.iter().any(|b| b"'\\#".contains(b) || b.is_ascii_control()) || criteria.contains_str("\"\"") {
        return Err(Refusal::new("unwritable-value", "criteria with quotes, backslashes or `#` are read differently")
            .help("releases do not agree on them on a Match line"));
    }
    Ok(criteria.to_vec())
}
