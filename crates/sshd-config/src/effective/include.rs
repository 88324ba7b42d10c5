use bstr::{BString, ByteSlice};
use camino::Utf8PathBuf;
use kvmprep_lossless::files::Location;

use super::pass::{Flow, Frame, Pass, Site};
use super::sources::Opened;
use super::{Build, Complaint};
use crate::grammar::Argument;
use crate::matching::Truth;

/// What relative patterns lie below, wherever the main file is.
const DIRECTORY: &[u8] = b"/etc/ssh/";

/// How deep files may draw each other in. Cases `include-depth-16`, `include-depth-17`.
const DEPTH: usize = 16;

/// How many files one reading opens, a file that is read twice counted twice, and how many bytes they have together.
const FILES: usize = 1_024;
const BYTES: usize = 64 << 20;

/// Something sshd reads that was not read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    /// The Include that names it.
    pub at: Location,
    /// Why.
    pub why: String,
}

impl Pass<'_, '_> {
    /// An Include line: pattern by pattern, files in byte order. The Match state outlives none of them.
    pub(super) fn include(&mut self, arguments: &[Argument<'_>], site: Site, frame: &Frame) -> Flow {
        if arguments.is_empty() {
            return self.complain(site, Complaint::MissingValue, "`Include` wants a file".to_owned());
        }
        for argument in arguments {
            if argument.value.is_empty() {
                return self.complain(site, Complaint::EmptyArgument, "`Include` wants no empty word".to_owned());
            }
            let flow = match pattern(&argument.value, self.build) {
                Ok(pattern) => self.include_pattern(pattern, site, frame),
                Err(why) => self.leave_unread(why, site, frame),
            };
            if flow == Flow::Stop {
                return Flow::Stop;
            }
        }
        Flow::On
    }

    /// sshd looks for files once a pattern, and notes each when it has read it. A file that draws in its own directory
    /// gets only those before it at the start, and all, without end, for a connection.
    fn include_pattern(&mut self, pattern: BString, site: Site, frame: &Frame) -> Flow {
        if self.sources.included.contains_key(&pattern) {
            let noted = |pass: &Self, number: usize| pass.sources.included.get(&pattern)?.get(number).cloned();
            let mut number = 0;
            while let Some(opened) = noted(self, number) {
                if self.draw_in(opened, site, frame) == Flow::Stop {
                    return Flow::Stop;
                }
                number += 1;
            }
            return Flow::On;
        }
        let paths = match self.sources.matching(&pattern) {
            Ok(paths) => paths,
            Err(why) => return self.leave_unread(why, site, frame),
        };
        if paths.is_empty() {
            self.sources.included.insert(pattern, Vec::new());
            return Flow::On;
        }
        for path in paths {
            let opened = self.open(path, site);
            if self.draw_in(opened.clone(), site, frame) == Flow::Stop {
                return Flow::Stop;
            }
            self.sources.included.entry(pattern.clone()).or_default().push(opened);
        }
        Flow::On
    }

    fn open(&mut self, path: Utf8PathBuf, site: Site) -> Opened {
        match self.files < FILES && self.bytes <= BYTES {
            true => self.sources.open(&path, Some(site.at)),
            false => Opened::Unread(self.too_much()),
        }
    }

    fn too_much(&self) -> String {
        format!("sshd reads more than {FILES} files, or {} MiB", BYTES >> 20)
    }

    fn draw_in(&mut self, opened: Opened, site: Site, frame: &Frame) -> Flow {
        let source = match opened {
            Opened::Missing(why) => return self.complain(site, Complaint::CannotOpen, why),
            Opened::Unread(why) => return self.leave_unread(why, site, frame),
            Opened::Text(source) => source,
        };
        if frame.depth == DEPTH {
            let message = format!("files draw each other in more than {DEPTH} deep");
            return self.complain(site, Complaint::IncludeDepth, message);
        }
        let text = self.sources.text(source);
        self.files += 1;
        self.bytes = self.bytes.saturating_add(text.contiguous().len());
        if self.files > FILES || self.bytes > BYTES {
            return self.leave_unread(self.too_much(), site, frame);
        }
        let (active, block) = (self.active, self.block);
        let gate = if frame.between_blocks { Truth::Yes } else { active };
        let within = self.block;
        let frame = Frame { source, depth: frame.depth + 1, between_blocks: frame.between_blocks, gate, within };
        let flow = self.read(&text, frame);
        (self.active, self.block) = (active, block);
        flow
    }

    /// What follows hangs on what was not read, unless that stands where nothing is taken.
    fn leave_unread(&mut self, why: String, site: Site, frame: &Frame) -> Flow {
        if frame.between_blocks || self.active != Truth::No {
            let version = self.dialect.version;
            let unsettled = self.taken.values_mut().filter(|taken| !taken.is_settled(version));
            unsettled.for_each(|taken| taken.unknown = taken.unknown.take().or_else(|| Some(why.clone())));
            self.doubt.get_or_insert_with(|| why.clone());
        }
        self.unread.push(Unread { at: site.at, why });
        Flow::On
    }
}

/// `~` stands for itself. Case `include-tilde`.
fn pattern(argument: &[u8], build: &Build) -> Result<BString, String> {
    let below = match argument.first() {
        Some(b'/') => return Ok(argument.into()),
        Some(b'~') => match &build.directory {
            Some(directory) => [directory.as_bytes(), b"/"].concat(),
            None => return Err("a path with `~`: the daemon's working directory decides".to_owned()),
        },
        _ => DIRECTORY.to_vec(),
    };
    Ok([below.as_slice(), argument].concat().into())
}
