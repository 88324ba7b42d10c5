//! A small grammar with everything that makes re-reading hard: quotes that run over lines, and blocks that nest and
//! are part of the keys. `key=value`, `key="va\nlue"`, `name {`, `}`, `# comment`. With `known_by_id` a block is known by
//! the `id=` that stands in it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use crate::{
    Answer, Diagnostic, Edit, Fact, Format, KeyError, Move, Reading, Refusal, Request, RowEdit, RowRef, Run, Setting,
    Span, Subject, Syntax, Text, Value,
};

#[derive(Clone, Debug, Default)]
pub struct Toy {
    /// Pastes values as they come and never looks at what they do.
    pub careless: bool,
    /// Claims that all is so already.
    pub idle: bool,
    /// Keys hang on sibling lines: inside a block there is no border.
    pub known_by_id: bool,
    /// What the verbs answer, whatever they are asked for.
    pub script: Option<Answer<Key>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Blank,
    Comment,
    Setting,
    Open,
    Close,
    Opaque,
}

/// The names of the open blocks, outermost first.
pub type Path = Option<Arc<Vec<BString>>>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(pub String);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Key {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Only {
    Reader,
}

impl fmt::Display for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the toy")
    }
}

impl Syntax for Toy {
    type State = Path;
    type Kind = Kind;

    fn step(&self, text: &[u8], at: usize, state: &mut Path) -> (usize, Kind) {
        let line = crate::lines::line_end(text, at);
        let content = text[at..line].trim_ascii();
        if content.is_empty() {
            return (line, Kind::Blank);
        }
        if content.starts_with(b"#") {
            return (line, Kind::Comment);
        }
        if content == b"}" {
            let mut open = state.as_deref().cloned().unwrap_or_default();
            let closed = open.pop().is_some();
            *state = (!open.is_empty()).then(|| Arc::new(open));
            return (line, if closed { Kind::Close } else { Kind::Opaque });
        }
        if let Some(name) = content.strip_suffix(b"{") {
            let mut open = state.as_deref().cloned().unwrap_or_default();
            open.push(name.trim_ascii().into());
            *state = Some(Arc::new(open));
            return (line, Kind::Open);
        }
        let Some(equals) = content.find_byte(b'=') else { return (line, Kind::Opaque) };
        if !content[equals + 1..].starts_with(b"\"") {
            return (line, Kind::Setting);
        }
        let quote = at + text[at..].find_byte(b'"').unwrap_or(0) + 1;
        match text[quote..].find_byte(b'"') {
            Some(close) => (crate::lines::line_end(text, quote + close), Kind::Setting),
            None => (text.len(), Kind::Opaque),
        }
    }
}

fn parts(row: &[u8]) -> Option<(&[u8], Span)> {
    let equals = row.find_byte(b'=')?;
    let raw = Span::new(equals + 1, equals + 1 + row[equals + 1..].trim_ascii_end().len());
    Some((row[..equals].trim_ascii(), raw))
}

fn unquoted(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or(raw)
}

fn key(path: &Path, name: &[u8]) -> Key {
    let names = path.iter().flat_map(|open| open.iter().map(|name| name.as_bstr())).chain([name.as_bstr()]);
    Key(names.map(ToString::to_string).collect::<Vec<_>>().join("."))
}

impl Reading for Toy {
    type Key = Key;
    type Reader = Only;

    fn readers(&self) -> &[Only] {
        &[Only::Reader]
    }

    fn is_border(&self, state: &Path) -> bool {
        !self.known_by_id || state.is_none()
    }

    fn facts(&self, _: Only, run: Run<'_, Self>, found: &mut Vec<Fact<Key>>) {
        let rows: Vec<_> = run.rows().collect();
        for block in rows.chunk_by(|_, next| self.known_by_id && next.within.is_some()) {
            let id = block.iter().filter(|row| row.within.is_some()).find_map(|row| row.bytes.strip_prefix(b"id="));
            let from = found.len();
            Self::facts_of(block, found);
            for fact in &mut found[from..] {
                if let (Subject::Setting(key), Some(id)) = (&mut fact.subject, id) {
                    key.0.insert_str(0, &id.trim_ascii().to_str_lossy());
                }
            }
        }
    }
}

impl Toy {
    fn facts_of(rows: &[RowRef<'_, Self>], found: &mut Vec<Fact<Key>>) {
        for row in rows {
            match (row.kind, parts(row.bytes)) {
                (Kind::Blank, _) => {}
                (Kind::Comment, _) => found.push(Fact::comment(row.bytes.trim_ascii())),
                (Kind::Setting, Some((name, raw))) => {
                    found.push(Fact::setting(key(row.within, name), unquoted(raw.of(row.bytes))));
                }
                _ => found.push(Fact::opaque(row.bytes.trim_ascii())),
            }
        }
    }
}

impl Format for Toy {
    const NAME: &'static str = "toy";

    fn get(&self, text: &Text<Self>, reader: Only, asked: &Key) -> Vec<Setting<Key>> {
        self.settings(text, reader).into_iter().filter(|setting| setting.key == *asked).collect()
    }

    fn settings(&self, text: &Text<Self>, _: Only) -> Vec<Setting<Key>> {
        let mut found: Vec<Setting<Key>> = Vec::new();
        for row in text.rows().filter(|row| row.kind == Kind::Setting) {
            let (name, raw) = parts(row.bytes).unwrap();
            let key = key(row.within, name);
            let value = Value::Known(vec![unquoted(raw.of(row.bytes)).into()]);
            let at = raw.shifted(row.at);
            match found.iter_mut().find(|setting| setting.key == key) {
                Some(setting) => {
                    setting.value = value;
                    setting.shadowed.append(&mut setting.at);
                    setting.at = vec![at];
                }
                None => found.push(Setting { key, value, at: vec![at], shadowed: vec![] }),
            }
        }
        found
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        if let Some(answer) = &self.script {
            return Ok(answer.clone());
        }
        if self.idle || self.holds(text, Only::Reader, request) {
            return Ok(Answer::default());
        }
        let live: Vec<_> = text
            .rows()
            .filter(|row| row.kind == Kind::Setting)
            .filter(|row| parts(row.bytes).is_some_and(|(name, _)| key(row.within, name) == *request.edit.key()))
            .collect();
        let subject = Subject::Setting(request.edit.key().clone());
        let value = |row: &[u8]| BString::from(unquoted(parts(row).unwrap().1.of(row)));
        match &request.edit {
            Edit::Set { key, to } => {
                let (rows, from) = match live.last() {
                    Some(row) => {
                        let span = parts(row.bytes).unwrap().1;
                        let with = [&row.bytes[..span.start], &self.written(&to[0])?, &row.bytes[span.end..]].concat();
                        (RowEdit::Replace { row: row.index, with }, vec![value(row.bytes)])
                    }
                    None => {
                        let lines = [key.0.as_bytes(), b"=", &self.written(&to[0])?, b"\n"].concat();
                        (RowEdit::Insert { before: text.len(), lines }, vec![])
                    }
                };
                let moves = vec![Move { subject, from, to: to.clone() }];
                Ok(Answer { rows: vec![rows], moves, notes: vec![] })
            }
            Edit::Unset { .. } => Ok(Answer {
                rows: live.iter().map(|row| RowEdit::Drop { row: row.index }).collect(),
                moves: vec![Move { subject, from: live.iter().map(|row| value(row.bytes)).collect(), to: vec![] }],
                notes: vec![],
            }),
            _ => Err(Refusal::new("no-lists", "the toy has no lists")),
        }
    }

    fn holds(&self, text: &Text<Self>, reader: Only, request: &Request<Key>) -> bool {
        self.script.is_some() || request.edit.holds_for(&self.get(text, reader, request.edit.key()))
    }

    fn diagnostics(&self, _: &Text<Self>) -> Vec<Diagnostic> {
        Vec::new()
    }
}

impl Toy {
    fn written(&self, value: &[u8]) -> Result<Vec<u8>, Refusal> {
        let plain = value.iter().all(|byte| byte.is_ascii_alphanumeric()) && !value.is_empty();
        match value {
            _ if self.careless || plain => Ok(value.to_vec()),
            _ if value.contains(&b'"') => Err(Refusal::new("quote", "the toy cannot write a quote")),
            _ => Ok([b"\"", value, b"\""].concat()),
        }
    }
}
