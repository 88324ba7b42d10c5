use kvmprep_lossless::Refusal;

use super::Work;
use crate::grammar::{self, Line};
use crate::reading::Place;

impl Work<'_> {
    /// Unset: every line of the keyword in the scope goes.
    pub(super) fn unset(&mut self, places: &[Place<'_>]) -> Result<(), Refusal> {
        if !places.is_empty() {
            self.may_open()?;
        }
        places.iter().for_each(|place| self.take_out(place));
        Ok(())
    }

    /// Disable: every line of the keyword in the scope becomes a comment, in the form of a commented default.
    pub(super) fn disable(&mut self, places: &[Place<'_>]) -> Result<(), Refusal> {
        if !places.is_empty() {
            self.may_open()?;
        }
        for place in places {
            let line = commented(place.row.bytes);
            if let Line::Comment(text) = grammar::line(self.dialect().grammar, &line) {
                self.comment_moved(place.said.comment, Some(text));
            }
            self.replace(place.row.index, line);
            self.moved(&place.said.values, &[]);
            self.dead_text_goes(place);
        }
        Ok(())
    }
}

/// A line with a comment mark before its first word.
pub(super) fn commented(line: &[u8]) -> Vec<u8> {
    let (indent, content) = line.split_at(kvmprep_lossless::lines::indentation(line).len());
    [indent, b"#", content].concat()
}
