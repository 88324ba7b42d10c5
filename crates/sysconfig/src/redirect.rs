//! Redirections, and here-documents, whose text follows the line that announces them.

use kvmprep_lossless::Span;
use memchr::memchr;

use crate::level::{Expect, Frame, Operand};
use crate::scan::{Scan, here_document};
use crate::statement::{Fault, HazardKind};

/// A here-document that was announced and not read yet.
pub(crate) struct HereDocument {
    pub(crate) at: usize,
    tabs: bool,
    end_word: Vec<u8>,
    /// Its mark is quoted: nothing in it is special, not even a backslash at the end of a line.
    raw: bool,
}

impl HereDocument {
    pub(crate) fn ends_with(&self, line: &[u8]) -> bool {
        let tabs = if self.tabs { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
        line[tabs..] == self.end_word[..]
    }

    /// Two lines as one, no longer than it takes to tell that they do not begin the end word.
    fn joined(&self, mut before: Vec<u8>, line: &[u8]) -> Vec<u8> {
        before.extend_from_slice(line);
        let tabs = if self.tabs { before.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
        before.drain(..tabs);
        before.truncate(self.end_word.len() + 1);
        before
    }
}

impl Scan<'_> {
    pub(crate) fn redirection(&mut self, span: Span, operand: Operand) -> Result<(), Fault> {
        if self.now.frame == Frame::Test {
            return self.end_word(span.start);
        }
        match self.now.word {
            Some(word) if self.text[word.start..span.start].iter().all(u8::is_ascii_digit) => self.drop_word(),
            _ => self.end_word(span.start)?,
        }
        if self.now.operand.is_some() {
            return Err(Fault::Syntax { at: span.start });
        }
        match self.now.expect {
            Expect::Command => {
                self.begin_command(span.start);
                self.begin_simple();
                self.now.expect = Expect::Prefix;
            }
            Expect::Prefix | Expect::Argument | Expect::AfterCompound => {}
            _ => return Err(Fault::Syntax { at: span.start }),
        }
        self.outermost().into_iter().for_each(|command| command.redirected = true);
        self.now.operand = Some(operand);
        Ok(())
    }

    pub(crate) fn operand_word(&mut self, operand: Operand, span: Span) {
        let text = span.of(self.text);
        if operand == Operand::Descriptor && !matches!(text, b"-" | [b'0'..=b'9']) {
            let what = "no descriptor of one digit: a syntax error in dash";
            self.hazard(HazardKind::NotPortable, span, what);
            self.hazard(HazardKind::EndsScript, span, what);
        }
        let safe = matches!(text, b"/dev/null" | b"-" | b"0" | b"1" | b"2");
        if matches!(operand, Operand::File | Operand::Descriptor) && !safe {
            self.now.reads_file = true;
            self.judge_redirection(span);
        }
        if let Operand::HereDocument { tabs } = operand {
            let mark = span.of(self.text);
            let (end_word, raw) = (without_quotes(mark), mark.iter().any(|byte| b"'\"\\".contains(byte)));
            self.here_documents.push(HereDocument { at: span.start, tabs, end_word, raw });
        }
        if self.now.expect == Expect::Command {
            self.now.expect = Expect::Prefix;
        }
    }

    /// Here-document bodies begin behind the line end and run to a line that is the end word [heredoc-two].
    pub(crate) fn read_here_documents(&mut self) -> Result<(), Fault> {
        let start = self.position();
        let mut expanded = false;
        for document in std::mem::take(&mut self.here_documents) {
            // What the lines before the next one say that end in a backslash.
            let mut joined: Option<Vec<u8>> = None;
            expanded |= !document.raw;
            loop {
                let rest = self.lexer.rest();
                if rest.is_empty() {
                    return Err(Fault::Open { at: document.at, what: "a here-document" });
                }
                let feed = memchr(b'\n', rest);
                let line = &rest[..feed.unwrap_or(rest.len())];
                if line.contains(&0) {
                    return Err(Fault::Unclear { at: document.at, what: "a NUL in a here-document" });
                }
                self.lexer.bump(feed.map_or(rest.len(), |feed| feed + 1));
                match &joined {
                    None if document.ends_with(line) => break,
                    Some(before) if document.ends_with(&[before, line].concat()) => {
                        let what = "a here-document whose end is broken over lines, which shells need not find";
                        return Err(Fault::Unclear { at: document.at, what });
                    }
                    _ => {}
                }
                let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
                let continues = !document.raw && backslashes % 2 == 1;
                joined = continues.then(|| document.joined(joined.unwrap_or_default(), &line[..line.len() - 1]));
            }
        }
        // dash reads the expansions of the text with all the rest.
        if expanded && here_document(Span::new(start, self.position()).of(self.text)).fault.is_some() {
            return Err(Fault::Unclear { at: start, what: "code in a here-document that a shell may not read" });
        }
        if self.outer.is_empty() && start < self.position() {
            self.found.here_documents.push(Span::new(start, self.position()));
        }
        Ok(())
    }
}

/// The end word of a here-document: its quotes go, nothing in it is expanded.
fn without_quotes(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut quote = None;
    let mut rest = word.iter();
    while let Some(byte) = rest.next() {
        match (byte, quote) {
            (b'\'' | b'"', None) => quote = Some(byte),
            (b'\'' | b'"', Some(open)) if open == byte => quote = None,
            (b'\\', None) => bytes.extend(rest.next().filter(|next| **next != b'\n')),
            _ => bytes.push(*byte),
        }
    }
    bytes
}
