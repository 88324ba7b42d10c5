//! What the script of a service makes of the variables in the file of its name. Read in the script itself: libvirt's
//! `tools/libvirt-guests.sh.in` (`start`, `stop`, `shutdown_guest`, `shutdown_guests_parallel`, `suspend_guest`).

use bstr::ByteSlice;
use kvmprep_lossless::Diagnostic;
use kvmprep_lossless::value::shown;

/// A variable that a service knows.
struct Variable {
    name: &'static str,
    takes: Takes,
    /// What the service does on a value that it does not know.
    otherwise: &'static str,
}

/// Which values mean something.
enum Takes {
    /// One of these, letter by letter.
    Words(&'static [&'static str]),
    /// A number that test(1) compares.
    Number,
    /// The same; with less than nothing the service does nothing at all.
    Seconds,
    /// What sleep(1) takes.
    Pause,
    /// `0` is no, and anything else yes.
    Flag,
    /// Connection URIs, blanks between them.
    Uris,
}

const LIBVIRT_GUESTS: &[Variable] = &[
    Variable { name: "URIS", takes: Takes::Uris, otherwise: "looks after no guests" },
    Variable {
        name: "ON_BOOT",
        takes: Takes::Words(&["start", "ignore"]),
        otherwise: "starts no guests, as with `ignore`",
    },
    Variable { name: "START_DELAY", takes: Takes::Pause, otherwise: "starts guests without a pause" },
    Variable {
        name: "ON_SHUTDOWN",
        takes: Takes::Words(&["suspend", "shutdown"]),
        otherwise: "saves the guests, as with `suspend`",
    },
    Variable { name: "PARALLEL_SHUTDOWN", takes: Takes::Number, otherwise: "shuts guests down one after the other" },
    Variable {
        name: "SHUTDOWN_TIMEOUT",
        takes: Takes::Seconds,
        otherwise: "waits without limit for a guest to shut down",
    },
    Variable { name: "BYPASS_CACHE", takes: Takes::Flag, otherwise: "goes around the file system cache" },
    Variable { name: "SYNC_TIME", takes: Takes::Flag, otherwise: "sets the clock of a guest that is resumed" },
];

/// By the name of the file, below `/etc/sysconfig` or `/etc/default`.
const SERVICES: &[(&str, &[Variable])] = &[("libvirt-guests", LIBVIRT_GUESTS)];

/// What people write for no where `0` is the only one.
const NO: &[&str] = &["", "0", "00", "no", "n", "false", "off", "disabled", "none"];

/// What is to be remarked of a variable with a known value, in a file of this name that a service reads; without a place.
///
/// ```
/// use kvmprep_sysconfig::service_remark;
///
/// let remark = service_remark("libvirt-guests", "ON_BOOT", b"strat").expect("no such value");
/// assert_eq!(remark.help.as_deref(), Some("write `start`"));
/// assert!(service_remark("libvirt-guests", "ON_BOOT", b"start").is_none());
/// assert!(service_remark("other", "ON_BOOT", b"strat").is_none());
/// ```
pub fn service_remark(file_name: &str, name: &str, value: &[u8]) -> Option<Diagnostic> {
    let (service, known) = SERVICES.iter().find(|(service, _)| *service == file_name)?;
    match known.iter().find(|variable| variable.name == name) {
        Some(variable) => variable.remark(service, value),
        None => {
            let meant = near(name, known.iter().map(|variable| variable.name))?;
            let message = format!("{service} knows no `{name}`: it does nothing there");
            Some(Diagnostic::warning("unknown-variable", message).help(format!("`{meant}` is likely meant")))
        }
    }
}

impl Variable {
    fn remark(&self, service: &str, value: &[u8]) -> Option<Diagnostic> {
        let (name, otherwise) = (self.name, self.otherwise);
        let text = value.to_str().unwrap_or("\u{fffd}");
        let told = shown(value);
        let is_odd = |code, what: &str| Diagnostic::warning(code, format!("{what}: {service} {otherwise}"));
        match self.takes {
            Takes::Words(words) if words.contains(&text) => None,
            Takes::Words(words) => {
                let help = match near(text, words.iter().copied()) {
                    Some(meant) => format!("write `{meant}`"),
                    None => format!("write `{}`", words.join("` or `")),
                };
                Some(is_odd("unknown-value", &format!("`{told}` is no value of `{name}`")).help(help))
            }
            Takes::Seconds if number(text).is_some_and(|number| number < 0) => {
                let message = format!("with a limit below 0 {service} fails at shutdown, and neither shuts guests down nor saves them: `ON_SHUTDOWN=shutdown` wants 0 or more");
                Some(Diagnostic::warning("out-of-range", message).help("0 is no limit"))
            }
            Takes::Number | Takes::Seconds if number(text).is_some() => None,
            Takes::Number | Takes::Seconds => {
                let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
                let odd = is_odd("not-a-number", &format!("`{told}` is no number"));
                Some(odd.help(if digits.is_empty() { "write digits".to_owned() } else { format!("write `{digits}`") }))
            }
            Takes::Pause if !text.trim().is_empty() && text.split_ascii_whitespace().all(is_pause) => None,
            Takes::Pause => {
                let odd = is_odd("not-a-number", &format!("`{told}` is no time that sleep(1) takes"));
                Some(odd.help("write a number of seconds"))
            }
            Takes::Flag if text == "0" || !NO.contains(&&*text.trim().to_ascii_lowercase()) => None,
            Takes::Flag => {
                let message = format!("`{told}` is yes: {service} takes nothing but `0` for no, and {otherwise}");
                Some(Diagnostic::warning("yes-but-0", message).help("write `0`"))
            }
            Takes::Uris if text.trim().is_empty() => {
                Some(is_odd("unknown-value", &format!("`{name}` is empty")).help("write `default`"))
            }
            Takes::Uris => text.split_ascii_whitespace().find_map(|uri| {
                let meant = near(uri, ["default"]).filter(|_| uri != "default" && !uri.contains(':'))?;
                let message = format!("`{uri}` is neither `{meant}` nor a connection URI: {service} passes over its guests unless libvirt has an alias of that name");
                Some(Diagnostic::warning("unknown-value", message).help(format!("write `{meant}`")))
            }),
        }
    }
}

/// As `[ … -gt … ]` has it.
fn number(text: &str) -> Option<i64> {
    text.trim_matches([' ', '\t']).parse().ok()
}

fn is_pause(word: &str) -> bool {
    let digits = word.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(word);
    digits.parse::<f64>().is_ok_and(|seconds| seconds >= 0.0)
}

/// The one of some words that this one is likely a slip for: case apart, one letter off, or two of a long one.
fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.trim().to_ascii_lowercase();
    let most = if word.len() < 5 { 1 } else { 2 };
    let far = |known: &&str| distance(word.as_bytes(), known.to_ascii_lowercase().as_bytes());
    known.into_iter().min_by_key(far).filter(|known| far(known) <= most)
}

/// How many bytes to put in, take out or change.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let least = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[other.len()]
}
