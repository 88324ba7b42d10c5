use crate::editor::{Change, EditError, Move, Request};
use crate::reading::{Format, KeyError, Lint, Setting, Subject};
use crate::{Diagnostic, Document, Patch};

/// The face with text keys, for the command line, profiles, JSON and bindings: one for all formats, object-safe.
///
/// ```
/// # fn edit(editor: &mut dyn kvmprep_lossless::Editor) -> Result<(), kvmprep_lossless::EditError> {
/// use kvmprep_lossless::Request;
///
/// let change = editor.apply(&Request::set("ON_BOOT".to_owned(), "ignore"))?;
/// assert!(change.is_made() != editor.patch().is_empty());
/// # Ok(())
/// # }
/// ```
pub trait Editor {
    /// The type's name on the command line, in profiles and in JSON.
    fn format(&self) -> &'static str;

    /// Says why a text is not a key of this format.
    fn check_key(&self, key: &str) -> Result<(), KeyError>;

    /// What the readers take for a key, each group of readers that agree apart.
    fn get(&self, key: &str) -> Result<Vec<Taken>, KeyError>;

    /// Every live setting, each group of readers that agree apart.
    fn settings(&self) -> Vec<Taken>;

    /// Makes one edit, or says why not; refused, the file is as it was.
    fn apply(&mut self, request: &Request<String>) -> Result<Change<String>, EditError>;

    /// What the consumer would complain of.
    fn diagnostics(&self) -> Vec<Diagnostic>;

    /// All that a careful reader would remark, with the edits that mend it.
    fn lint(&self) -> Vec<Lint<String>>;

    /// The bytes as they were read.
    fn original(&self) -> &[u8];

    /// The printed text in as few pieces as the edits allow.
    fn chunks(&self) -> Box<dyn Iterator<Item = &[u8]> + '_>;

    /// The printed text.
    fn to_bytes(&self) -> Vec<u8>;

    /// What differs from the bytes that were read.
    fn patch(&self) -> Patch<'_>;
}

/// What some readers take from a file, all of them alike.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Taken {
    /// Who.
    pub readers: Vec<String>,
    /// What; the places are those of the first reader.
    pub settings: Vec<Setting<String>>,
}

impl<F: Format> Editor for Document<F> {
    fn format(&self) -> &'static str {
        F::NAME
    }

    fn check_key(&self, key: &str) -> Result<(), KeyError> {
        key.parse::<F::Key>().map(drop)
    }

    fn get(&self, key: &str) -> Result<Vec<Taken>, KeyError> {
        let key: F::Key = key.parse()?;
        Ok(by_agreement(self, |reader| self.get_as(reader, &key)))
    }

    fn settings(&self) -> Vec<Taken> {
        by_agreement(self, |reader| self.dialect().settings(self.text(), reader))
    }

    fn apply(&mut self, request: &Request<String>) -> Result<Change<String>, EditError> {
        let edit = request.edit.try_map(|key| key.parse())?;
        let request = Request { edit, manner: request.manner.clone() };
        Ok(match Document::apply(self, &request)? {
            Change::AlreadySo { notes } => Change::AlreadySo { notes },
            Change::Made { moves, notes } => Change::Made { moves: moves.into_iter().map(as_text).collect(), notes },
        })
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        Document::diagnostics(self)
    }

    fn lint(&self) -> Vec<Lint<String>> {
        let as_text = |Lint { diagnostic, fix, withheld }: Lint<F::Key>| {
            let fix = fix.map(|Request { edit, manner }| {
                let Ok(edit) = edit.try_map(|key| Ok::<_, std::convert::Infallible>(key.to_string()));
                Request { edit, manner }
            });
            Lint { diagnostic, fix, withheld }
        };
        self.dialect().lint(self.text()).into_iter().map(as_text).collect()
    }

    fn original(&self) -> &[u8] {
        self.text().original()
    }

    fn chunks(&self) -> Box<dyn Iterator<Item = &[u8]> + '_> {
        Box::new(Document::chunks(self))
    }

    fn to_bytes(&self) -> Vec<u8> {
        Document::to_bytes(self)
    }

    fn patch(&self) -> Patch<'_> {
        Document::patch(self)
    }
}

fn by_agreement<F: Format>(document: &Document<F>, settings: impl Fn(F::Reader) -> Vec<Setting<F::Key>>) -> Vec<Taken> {
    let mut groups: Vec<Taken> = Vec::new();
    for &reader in document.dialect().readers() {
        let settings: Vec<Setting<String>> = settings(reader).into_iter().map(with_text_key).collect();
        let alike = |group: &&mut Taken| {
            let values = group.settings.iter().map(|setting| (&setting.key, &setting.value));
            values.eq(settings.iter().map(|setting| (&setting.key, &setting.value)))
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.readers.push(reader.to_string()),
            None => groups.push(Taken { readers: vec![reader.to_string()], settings }),
        }
    }
    groups
}

fn with_text_key<K: ToString>(setting: Setting<K>) -> Setting<String> {
    let Setting { key, value, at, shadowed } = setting;
    Setting { key: key.to_string(), value, at, shadowed }
}

fn as_text<K: ToString>(moved: Move<K>) -> Move<String> {
    let subject = match moved.subject {
        Subject::Setting(key) => Subject::Setting(key.to_string()),
        Subject::Comment => Subject::Comment,
        Subject::Opaque => Subject::Opaque,
    };
    Move { subject, from: moved.from, to: moved.to }
}
