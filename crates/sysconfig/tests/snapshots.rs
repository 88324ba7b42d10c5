//! How a file is read, and what is said about it: as it is shown to people.
#![allow(clippy::unwrap_used, missing_docs)]

use kvmprep_lossless::{Diagnostic, EditError, Fact, Format, Reading, Request, Subject};
use kvmprep_sysconfig::{Key, SysconfigFile};

const REALISTIC: &str = "\
# libvirtd, as a host that has seen some hands
#LIBVIRTD_CONFIG=/etc/libvirt/libvirtd.conf
LIBVIRTD_ARGS=\"--listen \\
  --timeout 120\"  # both are wanted
KRB5_KTNAME=/etc/libvirt/krb5.tab; QEMU_AUDIO_DRV=sdl
export SDL_AUDIODRIVER='pulse'
LIBVIRTD_NOFILES_LIMIT=1024
LIBVIRTD_NOFILES_LIMIT=2048
if [ -r /etc/default/site ]; then
  . /etc/default/site
  SITE=yes
fi
cat <<EOF >/dev/null
HIDDEN=1
EOF
[ -n \"$SITE\" ] || return 0
LATE=$SITE/x
A=(1 2)
";

macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        insta::with_settings!({snapshot_path => "../../../snapshots/sysconfig", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

fn told(diagnostic: &Diagnostic, text: &[u8]) -> String {
    let place = diagnostic.span.map(|span| format!(" `{}`", bstr::BStr::new(span.of(text)))).unwrap_or_default();
    let help = diagnostic.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("{:?}[{}]{place}\n  {}{help}\n", diagnostic.severity, diagnostic.code, diagnostic.message)
}

#[test]
fn outline_of_a_realistic_file() {
    let document = SysconfigFile::parse(REALISTIC);
    let mut outline = String::new();
    for row in document.text().rows() {
        outline.push_str(&format!("{:?} {:?}\n", row.kind, bstr::BStr::new(row.bytes)));
    }
    for &reader in document.dialect().readers() {
        outline.push_str(&format!("\n{reader} takes\n"));
        for setting in document.dialect().settings(document.text(), reader) {
            outline.push_str(&format!("  {} = {:?}\n", setting.key, setting.value));
        }
        let mut facts = Vec::new();
        document.dialect().facts(reader, document.text().run(), &mut facts);
        outline.push_str(&format!("{reader} reads\n"));
        for Fact { subject, value } in facts {
            let subject = match subject {
                Subject::Setting(key) => key.to_string(),
                other => format!("{other:?}").to_lowercase(),
            };
            outline.push_str(&format!("  {subject}: {value:?}\n"));
        }
    }
    snapshot!("outline", outline);
}

#[test]
fn diagnostics_of_a_realistic_file() {
    let document = SysconfigFile::parse(REALISTIC);
    let text = REALISTIC.as_bytes();
    let all: String = document.diagnostics().iter().map(|diagnostic| told(diagnostic, text)).collect();
    snapshot!("diagnostics", all);
}

#[test]
fn refusals_and_notes() {
    let key = |name: &str| name.parse::<Key>().unwrap();
    let set = || Request::set(key("A"), "2");
    let asked = [
        ("B=\"x\nA=1\n", set()),
        ("if true; then\nA=1\n", set()),
        ("A=1\nfi\n", set()),
        ("A=1; run it\n", set()),
        ("B=x\\", set()),
        ("[ -d / ] && A=1\n", Request::unset(key("A"))),
        ("A=1; B=2\n", Request::disable(key("A"))),
        ("", Request::add(key("A"), "x")),
        ("A=$B\n", Request::add(key("A"), "x")),
        ("A=1\n# x\0\n", set()),
        ("return 0\nA=1\n", set()),
        ("#A=1\n# A=3\n#A=5\n", set()),
        ("A=1\r\nA=3\r\n. ./other\nA=${A:-4}\n", set()),
        ("A=1\n: ${A:=3}\n", set()),
    ];
    let mut all = String::new();
    for (before, request) in asked {
        let mut document = SysconfigFile::parse(before);
        all.push_str(&format!("{} in {before:?}\n", request.edit.verb()));
        match document.apply(&request) {
            Err(EditError::Refused(refusal)) => all.push_str(&told(&refusal.0, before.as_bytes())),
            Err(other) => panic!("{before:?}: {other}"),
            Ok(change) => {
                all.push_str(&format!("{:?}\n", bstr::BString::from(document.to_bytes())));
                change.notes().iter().for_each(|note| all.push_str(&told(note, before.as_bytes())));
            }
        }
        all.push('\n');
    }
    snapshot!("refusals", all);
}
