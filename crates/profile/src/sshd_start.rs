//! The options sshd is started with: distributions keep them in environment files of its unit or init script, and sshd reads
//! them before any file of its own.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, ConsumersOf, DropIns, Explanation, Finding, Host, Point};
use kvmprep_lossless::files::{Entry, Files};
use kvmprep_lossless::{Diagnostic, Edit, KeyError, Value};
use kvmprep_sshd_config::{CommandLine, Connection, Situation, Sshd};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile};

/// RHEL 8's `EnvironmentFile=` of the crypto policy. From RHEL 9 on the file of this name holds sshd's own keywords, which an
/// Include draws in.
const POLICY: &str = "/etc/crypto-policies/back-ends/opensshserver.config";

/// Where administrators write options, and the variable that the start takes them from.
const OPTIONS: [(&str, &str); 2] = [("/etc/sysconfig/sshd", "OPTIONS"), ("/etc/default/ssh", "SSHD_OPTS")];

/// The variable that hands the policy over, behind the other options; set again in `/etc/sysconfig/sshd`, that counts: empty, it
/// switches the policy off.
const POLICY_VARIABLE: &str = "CRYPTO_POLICY";

/// sshd as a host starts it.
pub(crate) struct Started {
    consumers: ConsumersOf<Sshd>,
    /// Options that could not be taken for what they are.
    unread: Vec<Finding>,
}

impl Started {
    pub(crate) fn on(files: &dyn Files, dialect: Sshd, connection: Option<Connection>) -> Self {
        let mut started = Self {
            consumers: ConsumersOf { dialect, situation: Situation { connection, ..Situation::default() } },
            unread: Vec::new(),
        };
        for (file, variable) in OPTIONS {
            if let Some(options) = assigned(files, file, variable) {
                started.take(file, &options);
            }
        }
        if let Some(policy) = assigned(files, POLICY, POLICY_VARIABLE) {
            let (origin, options) = match assigned(files, OPTIONS[0].0, POLICY_VARIABLE) {
                Some(instead) => (OPTIONS[0].0, instead),
                None => (POLICY, policy),
            };
            started.take(origin, &options);
        }
        started
    }

    fn take(&mut self, origin: &str, options: &str) {
        match CommandLine::parse(origin, options) {
            Ok(line) => self.consumers.situation.command_line.push(line),
            Err(error) => {
                let message = format!("the options that {origin} hands to sshd are not taken into account: {error}");
                let diagnostic = Diagnostic::warning("options-unread", message);
                self.unread.push(Finding { source: None, diagnostic });
            }
        }
    }
}

/// What the service manager takes for a variable of an environment file.
fn assigned(files: &dyn Files, path: &str, variable: &str) -> Option<String> {
    let Ok(Entry::File(bytes)) = files.look(Utf8Path::new(path)).map(|found| found.entry) else { return None };
    let file = SysconfigFile::parse_as(Sysconfig::systemd(), bytes.to_vec());
    let key: Key = variable.parse().ok()?;
    let setting = file.get_as(Reader::ServiceManager, &key).pop()?;
    let value = setting.value.known()?.first()?.to_str_lossy().into_owned();
    Some(value)
}

impl Consumers for Started {
    fn drop_ins(&self) -> Option<DropIns> {
        self.consumers.drop_ins()
    }

    fn explain(&self, host: Host<'_>, key: &str) -> Result<Explanation<String>, KeyError> {
        let mut explanation = self.consumers.explain(host, key)?;
        explanation.findings.extend(self.unread.iter().cloned());
        Ok(explanation)
    }

    fn values(&self, host: Host<'_>) -> BTreeMap<Point<String>, Value> {
        self.consumers.values(host)
    }

    fn covers(&self, asked: &str, moved: &Point<String>) -> bool {
        self.consumers.covers(asked, moved)
    }

    fn concerns(&self, edit: &Edit<String>, point: &Point<String>) -> bool {
        self.consumers.concerns(edit, point)
    }

    fn items(&self, key: &str, values: &[BString]) -> Vec<BString> {
        self.consumers.items(key, values)
    }
}
