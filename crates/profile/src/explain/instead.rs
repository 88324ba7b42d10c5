//! The edit that counts where the tool would not put the one that was asked about: in a file of somebody's own, under another
//! key, or on a command line.

use camino::Utf8PathBuf;
use kvmprep_lossless::effective::{Explanation, Source};
use kvmprep_lossless::files::{Files, Location};
use kvmprep_lossless::{Request, Setting};

use crate::file_type::FileType;
use crate::plan::{Effect, Main, Site, decided_at, relevant, tried};

/// An edit that is not one of the key that was asked about in the file that was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditInstead {
    /// The place that decides.
    pub site: Site,
    /// The key that an edit of that file takes effect under; `None` where it is made by hand.
    pub key: Option<String>,
}

/// Files in which the edit takes effect as it is; else, for each place that decides, the edit that does.
pub(super) fn found(
    main: Main<'_>,
    request: &Request<String>,
    explanation: &Explanation<String>,
    files: &dyn Files,
) -> (Vec<Utf8PathBuf>, Vec<EditInstead>) {
    let places: Vec<Location> = relevant(explanation)
        .filter_map(|decision| decision.at.first().or(decision.follows.first()))
        .copied()
        .collect();
    let counts = |paths: &[Utf8PathBuf], request: &Request<String>| {
        matches!(tried(main, paths, request, files, decided_at), Ok(Effect::InForce))
    };
    let mut paths: Vec<Utf8PathBuf> = Vec::new();
    let is_another = |source: &&Source| is_of(main, source) && source.path != main.path;
    for place in &places {
        let source = explanation.sources.get(place.source).filter(is_another);
        paths.extend(source.map(|source| source.path.clone()).filter(|path| !paths.contains(path)));
    }
    if !paths.is_empty() && counts(&paths, request) {
        return (paths, Vec::new());
    }
    if places.is_empty() {
        let others = explanation.sources.iter().filter(is_another).map(|source| vec![source.path.clone()]);
        return (others.into_iter().find(|paths| counts(paths, request)).unwrap_or_default(), Vec::new());
    }
    let mut instead: Vec<EditInstead> = Vec::new();
    for (place, site) in places.iter().filter_map(|place| Some((place, Site::of(explanation, *place)?))) {
        let source = &explanation.sources[place.source];
        let key = key_at(main, source, place).filter(|key| {
            let request = Request::set_all(key.clone(), request.edit.values().to_vec());
            counts(std::slice::from_ref(&source.path), &request)
        });
        let is_made = key.is_none() && is_of_policy(explanation, place);
        if !is_made && instead.iter().all(|known| known.site != site) {
            instead.push(EditInstead { site, key });
        }
    }
    (Vec::new(), instead)
}

/// Not an environment file, whose options are named by the file they stand in.
fn is_of(main: Main<'_>, source: &Source) -> bool {
    FileType::of_path(&source.path).is_none_or(|file_type| file_type == main.file_type)
}

/// True for what a tool makes: what is found beside the decision says how it is changed.
fn is_of_policy(explanation: &Explanation<String>, place: &Location) -> bool {
    let found = explanation.findings.iter().filter(|finding| finding.diagnostic.code == "crypto-policy");
    found.into_iter().any(|finding| finding.source == Some(place.source))
}

/// What the line that decides is called in its file.
fn key_at(main: Main<'_>, source: &Source, place: &Location) -> Option<String> {
    if !is_of(main, source) {
        return None;
    }
    let editor = main.file_type.open(source.text.to_vec(), main.options);
    let is_there = |setting: &Setting<String>| setting.at.iter().any(|at| at.touches(place.span));
    let mut settings = editor.settings().into_iter().flat_map(|taken| taken.settings);
    settings.find(is_there).map(|setting| setting.key)
}
