use bstr::ByteSlice;

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Ending {
    /// A line feed.
    #[default]
    Lf,
    /// A carriage return and a line feed.
    CrLf,
}

impl Ending {
    /// The bytes.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }

    /// The ending most lines of a text have; LF when there is no line.
    pub fn dominant(text: &[u8]) -> Self {
        let (mut lf, mut crlf) = (0_usize, 0_usize);
        for at in memchr::memchr_iter(b'\n', text) {
            *(if at > 0 && text[at - 1] == b'\r' { &mut crlf } else { &mut lf }) += 1;
        }
        if crlf > lf { Self::CrLf } else { Self::Lf }
    }

    /// The ending of one line, `None` for an unended last line.
    pub fn of(line: &[u8]) -> Option<Self> {
        match line {
            [.., b'\r', b'\n'] => Some(Self::CrLf),
            [.., b'\n'] => Some(Self::Lf),
            _ => None,
        }
    }
}

/// Offset behind the line that begins at `at`, its LF included.
pub fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |lf| at + lf + 1)
}

/// A line and its ending, apart: `(content, ending bytes)`.
pub fn split_ending(line: &[u8]) -> (&[u8], &[u8]) {
    let ending = Ending::of(line).map_or(0, |ending| ending.bytes().len());
    line.split_at(line.len() - ending)
}

/// The spaces and tabs that a line begins with.
pub fn indentation(line: &[u8]) -> &[u8] {
    &line[..line.find_not_byteset(b" \t").unwrap_or(line.len())]
}
