//! The options sshd is started with: distributions keep them in environment files of its unit or init script, and sshd reads
//! them before any file of its own.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use camino::Utf8Path;
use kvmprep_lossless::effective::{Consumers, ConsumersOf, DropIns, Explanation, Finding, Host, Point, Source};
use kvmprep_lossless::files::{Entry, Files, Location};
use kvmprep_lossless::{Diagnostic, Edit, KeyError, Span, Value};
use kvmprep_sshd_config::{COMMAND_LINE, CommandLine, Connection, Situation, Sshd, Version};
use kvmprep_sysconfig::{Key, Reader, Sysconfig, SysconfigFile};

/// RHEL 8's `EnvironmentFile=` of the crypto policy. From RHEL 9 on the file of this name holds sshd's own keywords, which an
/// Include draws in.
const POLICY: &str = "/etc/crypto-policies/back-ends/opensshserver.config";

/// Where administrators write options, and the variable that the start takes them from.
const OPTIONS: [(&str, &str); 2] = [("/etc/sysconfig/sshd", "OPTIONS"), ("/etc/default/ssh", "SSHD_OPTS")];

/// The variable that hands the policy over, behind the other options; set again in `/etc/sysconfig/sshd`, that counts: empty, it
/// switches the policy off.
const POLICY_VARIABLE: &str = "CRYPTO_POLICY";

/// RHEL 8's sshd, whose unit hands the variable over.
const HANDS_POLICY_OVER: Version = Version(8, 0);

/// sshd as a host starts it.
pub(crate) struct Started {
    consumers: ConsumersOf<Sshd>,
    /// Where the options of each command line stand, in their order.
    assigned: Vec<Assigned>,
    /// Options that could not be taken for what they are, which may set anything.
    unread: Vec<Diagnostic>,
}

/// A variable of an environment file, as the service manager takes it.
#[derive(Clone)]
struct Assigned {
    source: Source,
    at: Span,
    value: String,
}

impl Started {
    pub(crate) fn on(files: &dyn Files, dialect: Sshd, connection: Option<Connection>) -> Self {
        let mut started = Self {
            consumers: ConsumersOf { dialect, situation: Situation { connection, ..Situation::default() } },
            assigned: Vec::new(),
            unread: Vec::new(),
        };
        for (file, variable) in OPTIONS {
            let options = started.assigned(files, file, variable);
            options.into_iter().for_each(|options| started.take(options));
        }
        let policy = started.assigned(files, POLICY, POLICY_VARIABLE);
        if policy.is_some() || dialect.version == HANDS_POLICY_OVER {
            let instead = started.assigned(files, OPTIONS[0].0, POLICY_VARIABLE);
            instead.or(policy).into_iter().for_each(|options| started.take(options));
        }
        started
    }

    fn take(&mut self, assigned: Assigned) {
        match CommandLine::parse(assigned.source.path.clone(), &assigned.value) {
            Ok(line) => {
                self.consumers.situation.command_line.push(line);
                self.assigned.push(assigned);
            }
            Err(error) => self.does_not_know(&assigned.source.path, &error.to_string()),
        }
    }

    fn assigned(&mut self, files: &dyn Files, path: &str, variable: &str) -> Option<Assigned> {
        let found = match files.look(Utf8Path::new(path)) {
            Ok(found) => found,
            Err(error) => {
                self.does_not_know(path.into(), &error.why);
                return None;
            }
        };
        let Entry::File(text) = found.entry else { return None };
        let file = SysconfigFile::parse_as(Sysconfig::systemd(), text.to_vec());
        let key: Key = variable.parse().ok()?;
        let setting = file.get_as(Reader::ServiceManager, &key).pop()?;
        let value = setting.value.known()?.first()?.to_str_lossy().into_owned();
        let source = Source { path: path.into(), real: found.real, text };
        Some(Assigned { source, at: *setting.at.first()?, value })
    }

    fn does_not_know(&mut self, path: &Utf8Path, why: &str) {
        let message = format!("the options that {path} hands to sshd are not known: {why}");
        let told = Diagnostic::warning("options-unread", message);
        if !self.unread.contains(&told) {
            self.unread.push(told);
        }
    }

    /// Each place of a command line as the place of the variable that it comes from.
    fn with_files(&self, explanation: &mut Explanation<String>) {
        let given = explanation.sources.iter_mut().enumerate().filter(|(_, source)| source.path == COMMAND_LINE);
        let mut spans = BTreeMap::new();
        for ((number, source), assigned) in given.zip(&self.assigned) {
            *source = assigned.source.clone();
            spans.insert(number, assigned.at);
        }
        let moved = |at: &mut Location| at.span = spans.get(&at.source).copied().unwrap_or(at.span);
        for decision in &mut explanation.decisions {
            for places in [&mut decision.at, &mut decision.follows, &mut decision.shadowed] {
                places.iter_mut().for_each(moved);
                places.dedup();
            }
        }
        for finding in &mut explanation.findings {
            if let (Some(span), Some(at)) = (&mut finding.diagnostic.span, finding.source) {
                *span = spans.get(&at).copied().unwrap_or(*span);
            }
        }
    }
}

impl Consumers for Started {
    fn drop_ins(&self) -> Option<DropIns> {
        self.consumers.drop_ins()
    }

    fn explain(&self, host: Host<'_>, key: &str) -> Result<Explanation<String>, KeyError> {
        let mut explanation = self.consumers.explain(host, key)?;
        self.with_files(&mut explanation);
        if let Some(unread) = self.unread.first() {
            for decision in &mut explanation.decisions {
                decision.value = Some(Value::Unknown(unread.message.clone()));
            }
        }
        let unread = self.unread.iter().map(|diagnostic| Finding { source: None, diagnostic: diagnostic.clone() });
        explanation.findings.extend(unread);
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
