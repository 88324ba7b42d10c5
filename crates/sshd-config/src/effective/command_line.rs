use bstr::BString;
use camino::{Utf8Path, Utf8PathBuf};

use super::SituationError;

/// Options that sshd is started with. They are read before every file, so that the first value is theirs; RHEL 8 hands
/// the system-wide crypto policy over in them.
///
/// ```
/// use kvmprep_sshd_config::CommandLine;
/// let policy = CommandLine::parse("/etc/crypto-policies/back-ends/opensshserver.config", "-oCiphers=aes256-ctr -p 2222")?;
/// assert_eq!(policy.text(), "Ciphers=aes256-ctr\nPort 2222\n");
/// # Ok::<(), kvmprep_sshd_config::SituationError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    origin: Utf8PathBuf,
    options: Vec<SshdOption>,
    file: Option<Utf8PathBuf>,
}

/// An option as the line of a file that says the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SshdOption {
    line: String,
    /// Behind a `-p`, sshd does not look at the ports of its files.
    pub(super) fixes_ports: bool,
}

/// The options with an argument, and those without, of any release.
const WITH_ARGUMENT: &str = "CEbcfghkopu";
const WITHOUT_ARGUMENT: &str = "46DGQRTVdeiqrt";

impl CommandLine {
    /// Options as they are written in a file of the host, `origin`: words between white space. What says nothing of
    /// settings, like `-D`, is passed over.
    ///
    /// # Errors
    /// An option that sshd does not have, an option without its argument; quotes, which shells and the service manager
    /// take differently.
    pub fn parse(origin: impl Into<Utf8PathBuf>, text: &str) -> Result<Self, SituationError> {
        let mut line = Self { origin: origin.into(), options: Vec::new(), file: None };
        if let Some(quote) = text.find(['"', '\'', '\\', '$', '\0']) {
            return Err(SituationError::new(
                &text[quote..],
                "a quote or an expansion is not looked into",
                "write plain words",
            ));
        }
        let mut words = text.split_ascii_whitespace();
        while let Some(word) = words.next() {
            line.word(word, &mut words)?;
        }
        Ok(line)
    }

    /// The file that the options were read from.
    pub fn origin(&self) -> &Utf8Path {
        &self.origin
    }

    /// The options as lines of an sshd_config, in the order they count.
    pub fn text(&self) -> BString {
        self.options.iter().flat_map(|option| [option.line.as_bytes(), b"\n"]).collect::<Vec<_>>().concat().into()
    }

    /// The main file that `-f` names.
    pub fn file(&self) -> Option<&Utf8Path> {
        self.file.as_deref()
    }

    pub(super) fn options(&self) -> &[SshdOption] {
        &self.options
    }

    /// A word as `getopt` takes it: letters in a row, the rest of the word or the next one an argument.
    fn word<'w>(&mut self, word: &'w str, next: &mut impl Iterator<Item = &'w str>) -> Result<(), SituationError> {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return Err(SituationError::new(word, "sshd takes options alone", "options begin with `-`"));
        };
        for (at, letter) in letters.char_indices() {
            if WITHOUT_ARGUMENT.contains(letter) {
                self.flag(letter);
            } else if WITH_ARGUMENT.contains(letter) {
                let rest = &letters[at + letter.len_utf8()..];
                let argument = Some(rest).filter(|rest| !rest.is_empty()).or_else(|| next.next());
                let missing =
                    || SituationError::new(word, "the option lacks its argument", "write it behind the letter");
                return self.option(letter, argument.ok_or_else(missing)?);
            } else {
                return Err(SituationError::new(word, "sshd has no such option", "see sshd(8)"));
            }
        }
        Ok(())
    }

    fn flag(&mut self, letter: char) {
        match letter {
            '4' => self.overrides("AddressFamily inet"),
            '6' => self.overrides("AddressFamily inet6"),
            _ => {}
        }
    }

    fn option(&mut self, letter: char, argument: &str) -> Result<(), SituationError> {
        if letter != 'o' && argument.contains('#') {
            return Err(SituationError::new(argument, "holds `#`", "write the setting behind `-o`"));
        }
        if letter == 'f' && !argument.starts_with('/') {
            let why = "a relative path, which hangs on where sshd is started";
            return Err(SituationError::new(argument, why, "write it from the root"));
        }
        match letter {
            'o' => self.push(argument.to_owned(), false),
            'p' => self.push(format!("Port {argument}"), true),
            'h' => self.push(format!("HostKey {argument}"), false),
            'c' => self.push(format!("HostCertificate {argument}"), false),
            'g' => self.overrides(&format!("LoginGraceTime {argument}")),
            'f' => self.file = Some(argument.into()),
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, line: String, fixes_ports: bool) {
        self.options.push(SshdOption { line, fixes_ports });
    }

    /// What these letters say replaces what was said before, where `-o` gives way to it: they go in front.
    fn overrides(&mut self, line: &str) {
        self.options.insert(0, SshdOption { line: line.into(), fixes_ports: false });
    }
}
