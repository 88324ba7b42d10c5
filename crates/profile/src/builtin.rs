use crate::Profile;

/// Name and text of every profile that is built in.
const TEXTS: [(&str, &str); 1] = [("kvm-host", include_str!("../profiles/kvm-host.toml"))];

/// The built-in profiles, in the order of their names.
pub fn built_ins() -> impl Iterator<Item = Profile> {
    TEXTS.iter().map(|(_, text)| Profile::parse(text).expect("the tests parse every built-in profile"))
}

/// A built-in profile.
pub fn built_in(name: &str) -> Option<Profile> {
    built_ins().find(|profile| profile.name == name)
}

/// The text of a built-in profile, comments and all.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
