//! A profile as it stands in TOML, and what is checked before it becomes a [`Profile`].

use std::collections::BTreeMap;

use bstr::BString;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use kvmprep_lossless::{Absent, Duplicates, Edit, Manner, Request};
use serde::Deserialize;
use toml::Spanned;

use crate::file_type::FileType;
use crate::options::{Dialect, Options, Readers};
use crate::plan::Placement;
use crate::profile::{EditRule, FileRule, Profile, ProfileError, When, filled};

/// The one version of the schema there is.
const SCHEMA: u32 = 1;

/// The variables a profile may ask for.
const VARIABLES: [&str; 1] = ["hosts"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TomlProfile {
    schema: Spanned<u32>,
    name: String,
    summary: String,
    #[serde(default)]
    variables: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    file: Vec<TomlFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    path: Spanned<OneOrMany>,
    #[serde(rename = "type")]
    file_type: FileType,
    reader: Option<Spanned<Readers>>,
    dialect: Option<Spanned<String>>,
    place: Option<Spanned<Placement>>,
    #[serde(default)]
    when: When,
    #[serde(default)]
    create: bool,
    #[serde(default)]
    restart: Vec<String>,
    edit: Vec<Spanned<TomlEdit>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TomlEdit {
    set: Option<Spanned<String>>,
    to: Option<OneOrMany>,
    unset: Option<Spanned<String>>,
    disable: Option<Spanned<String>>,
    add: Option<Spanned<String>>,
    remove: Option<Spanned<String>>,
    item: Option<String>,
    #[serde(default)]
    when: When,
    for_each: Option<Spanned<String>>,
    #[serde(default)]
    absent: TomlAbsent,
    #[serde(default)]
    dedupe: bool,
    #[serde(default)]
    allow: Vec<String>,
    why: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum TomlAbsent {
    #[default]
    Usual,
    KeepDefault,
    Leave,
    Plus,
}

impl TomlProfile {
    pub(crate) fn checked(self) -> Result<Profile, ProfileError> {
        if *self.schema.get_ref() != SCHEMA {
            let message = format!("schema {} is not known: this version reads schema {SCHEMA}", self.schema.get_ref());
            return Err(ProfileError::new(message, self.schema.span()));
        }
        for variable in self.variables.keys() {
            if !VARIABLES.contains(&variable.get_ref().as_str()) {
                let message = format!("there is no variable `{}`; there is `hosts`", variable.get_ref());
                return Err(ProfileError::new(message, variable.span()));
            }
        }
        let variables = self.variables.into_iter().map(|(name, help)| (name.into_inner(), help)).collect();
        let files = self.file.into_iter().map(|file| file.checked(&variables)).collect::<Result<_, _>>()?;
        Ok(Profile { name: self.name, summary: self.summary, variables, files })
    }
}

fn is_within_a_root(path: &Utf8Path) -> bool {
    path.is_absolute() && path.file_name().is_some() && !path.components().any(|part| part == Utf8Component::ParentDir)
}

impl TomlFile {
    fn checked(self, variables: &BTreeMap<String, String>) -> Result<FileRule, ProfileError> {
        let path = self.path.span();
        let paths: Vec<Utf8PathBuf> = self.path.into_inner().into_vec().into_iter().map(Utf8PathBuf::from).collect();
        if let Some(odd) = paths.iter().find(|path| !is_within_a_root(path)) {
            let message = format!("`{odd}` is not the absolute path of a file within a host's root");
            return Err(ProfileError::new(message, path));
        }
        if self.when == When::KeyPresent {
            return Err(ProfileError::new("`key-present` is a condition of an edit, not of a file", path));
        }
        if self.create && self.when == When::FileExists {
            let message = "`create` makes a missing file, and `file-exists` passes it over: say one of them";
            return Err(ProfileError::new(message, path));
        }
        if self.create && paths.len() > 1 {
            return Err(ProfileError::new("of several paths none can be created: it would not be clear which", path));
        }
        if let Some(reader) = self.reader.as_ref().filter(|_| self.file_type != FileType::Sysconfig) {
            return Err(ProfileError::new("`reader` is a choice of sysconfig files alone", reader.span()));
        }
        let dialect = |text: &Spanned<String>| {
            Dialect::parse(self.file_type, text.get_ref())
                .map_err(|why| ProfileError::new(why.to_string(), text.span()))
        };
        let dialect = self.dialect.as_ref().map(dialect).transpose()?;
        if let Some(place) = self.place.as_ref().filter(|_| !self.file_type.has_drop_ins()) {
            let message = format!("`place` is a choice of types with drop-ins, and {} has none", self.file_type);
            return Err(ProfileError::new(message, place.span()));
        }
        let edits = self.edit.into_iter().map(|edit| checked_edit(edit, self.file_type, variables));
        Ok(FileRule {
            paths,
            file_type: self.file_type,
            readers: self.reader.map(Spanned::into_inner).unwrap_or_default(),
            dialect,
            when: self.when,
            create: self.create,
            placement: self.place.map(Spanned::into_inner),
            restart: self.restart,
            edits: edits.collect::<Result<_, _>>()?,
        })
    }
}

fn checked_edit(
    edit: Spanned<TomlEdit>,
    file_type: FileType,
    variables: &BTreeMap<String, String>,
) -> Result<EditRule, ProfileError> {
    let whole = edit.span();
    let TomlEdit { set, to, unset, disable, add, remove, item, when, for_each, absent, dedupe, allow, why } =
        edit.into_inner();
    if when == When::FileExists {
        return Err(ProfileError::new("`file-exists` is a condition of a file, not of an edit", whole));
    }
    let Some(key) = one_of([&set, &unset, &disable, &add, &remove]) else {
        return Err(ProfileError::new("an edit is one of `set`, `unset`, `disable`, `add` and `remove`", whole));
    };
    let place = key.span();
    let key = key.get_ref().clone();
    let example = if for_each.is_some() { filled(&key, "192.0.2.1", "kvm1.example.com,kvm1") } else { key.clone() };
    let checked = file_type.open(Vec::new(), Options::default()).check_key(&example);
    checked.map_err(|error| ProfileError::new(error.to_string(), place))?;
    if let Some(unknown) = for_each.as_ref().filter(|name| !variables.contains_key(name.get_ref())) {
        let message = format!("`{}` is not among the profile's variables", unknown.get_ref());
        return Err(ProfileError::new(message, unknown.span()));
    }
    let values = |to: OneOrMany| to.into_vec().into_iter().map(BString::from).collect();
    let edit = match (set, unset, disable, add, remove, to, item) {
        (Some(_), .., Some(to), None) => Edit::Set { key, to: values(to) },
        (_, Some(_), .., None, None) => Edit::Unset { key },
        (_, _, Some(_), .., None, None) => Edit::Disable { key },
        (_, _, _, Some(_), _, None, Some(item)) => Edit::Add { key, item: item.into() },
        (_, _, _, _, Some(_), None, Some(item)) => Edit::Remove { key, item: item.into() },
        _ => return Err(ProfileError::new("`to` goes with `set`, `item` with `add` and `remove`", whole)),
    };
    let absent = match absent {
        TomlAbsent::Usual => Absent::Usual,
        TomlAbsent::KeepDefault => Absent::InsertBelow,
        TomlAbsent::Leave => Absent::Leave,
        TomlAbsent::Plus => Absent::Plus,
    };
    let duplicates = if dedupe { Duplicates::Dedupe } else { Duplicates::Leave };
    let request = Request { edit, manner: Manner { absent, duplicates, allow } };
    Ok(EditRule { request, when, for_each: for_each.map(Spanned::into_inner), why })
}

/// The one that is given, when it is one.
fn one_of<T>(choices: [&Option<T>; 5]) -> Option<&T> {
    let mut given = choices.into_iter().flatten();
    given.next().filter(|_| given.next().is_none())
}
