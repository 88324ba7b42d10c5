#![doc = include_str!("../README.md")]

mod check;
mod criteria;
mod edit;
mod effective;
mod grammar;
mod key;
mod matching;
mod reading;
mod syntax;
mod value;
mod views;
mod vocabulary;

use kvmprep_lossless::{Answer, Diagnostic, Document, Format, Refusal, Request, Setting, Text};

pub use check::{Check, Family};
pub use criteria::{Criteria, Criterion, MatchFault};
pub use effective::{
    Build, Complained, Complaint, Decision, Effective, MAIN_FILE, Source, Unread, effective, effective_host,
};
pub use key::{Block, Key};
pub use matching::{Connection, Truth};
pub use reading::Daemon;
pub use syntax::{Grammar, Kind, Sshd, Version};
pub use views::{Directive, MatchBlock, blocks, directives};
pub use vocabulary::{Keyword, Shape, Wins};

/// An sshd_config being edited.
pub type SshdConfig = Document<Sshd>;

impl Format for Sshd {
    const NAME: &'static str = "sshd";

    fn get(&self, text: &Text<Self>, _: Daemon, key: &Key) -> Vec<Setting<Key>> {
        reading::get(text, key)
    }

    fn settings(&self, text: &Text<Self>, _: Daemon) -> Vec<Setting<Key>> {
        reading::settings(text)
    }

    fn answer(&self, text: &Text<Self>, request: &Request<Key>) -> Result<Answer<Key>, Refusal> {
        edit::answer(text, request)
    }

    fn holds(&self, text: &Text<Self>, _: Daemon, request: &Request<Key>) -> bool {
        edit::holds(text, &request.edit)
    }

    fn diagnostics(&self, text: &Text<Self>) -> Vec<Diagnostic> {
        effective::diagnostics(text)
    }
}
