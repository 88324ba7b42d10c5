//! The two streams: bytes as they are on a pipe, escaped and perhaps coloured on a terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::Style;
use kvmprep_lossless::{Diagnostic, Severity, value};
use kvmprep_profile::Report;
use serde::Serialize;

use crate::cli::{Color, Look, OutputFormat};

pub struct Output {
    stdout: io::StdoutLock<'static>,
    /// What is still in the buffer will not get out, and that has been told.
    given_up: bool,
    /// Control bytes are shown escaped: somebody reads this.
    pub escaped: bool,
    colored: bool,
    errors_colored: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub json: bool,
    pub context: usize,
}

impl Output {
    pub fn new(look: &Look) -> Self {
        let stdout = io::stdout();
        Self {
            escaped: stdout.is_terminal(),
            colored: wants_color(look.color, &stdout),
            errors_colored: wants_color(look.color, &io::stderr()),
            stdout: stdout.lock(),
            given_up: false,
            quiet: look.quiet,
            verbose: look.verbose,
            json: look.format == OutputFormat::Json,
            context: look.context,
        }
    }

    /// The style where colours are wanted, else no style.
    pub fn style(&self, style: Style) -> Style {
        if self.colored { style } else { Style::new() }
    }

    pub fn colored(&self) -> bool {
        self.colored
    }

    /// What a command found, in the form that the schema describes.
    pub fn report(&mut self, report: &Report) -> io::Result<()> {
        self.json(report)
    }

    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.stdout, value)?;
        writeln!(self.stdout)
    }

    /// Whether the report got out. Where files are written already that is no failure: a status that says so would be
    /// read as "nothing changed".
    pub fn settle(&mut self, reported: io::Result<()>, written: bool) -> io::Result<()> {
        match reported.and_then(|()| self.flush()) {
            Err(error) if written => {
                self.given_up = true;
                if error.kind() != io::ErrorKind::BrokenPipe {
                    let lost =
                        Diagnostic::warning("not-reported", format!("{error}; the files are written all the same"));
                    self.tell("standard output", b"", &lost);
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Something to tell on the way; notes and warnings are left out when quiet.
    pub fn tell(&self, path: &str, text: &[u8], diagnostic: &Diagnostic) {
        if self.quiet && diagnostic.severity < Severity::Error {
            return;
        }
        self.answer(path, text, diagnostic);
    }

    /// Something that was asked for, but is no value for standard output.
    pub fn answer(&self, path: &str, text: &[u8], diagnostic: &Diagnostic) {
        self.complain(&kvmprep_lossless::Report { path, text, diagnostic }.to_string());
    }

    /// A remark for whoever asked for more.
    pub fn remark(&self, text: &str) {
        if self.verbose {
            self.complain(&value::shown(text.as_bytes()));
        }
    }

    /// A line on standard error; there is nobody to tell when that fails.
    pub fn complain(&self, text: &str) {
        let style = if self.errors_colored { Style::new().bold() } else { Style::new() };
        let (first, rest) =
            text.split_once('\n').map_or((text, String::new()), |(first, rest)| (first, format!("\n{rest}")));
        let _ = writeln!(io::stderr(), "{style}{first}{style:#}{rest}");
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdout.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.given_up { Ok(()) } else { self.stdout.flush() }
    }
}

fn wants_color(color: Color, stream: &impl anstream::stream::RawStream) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}
