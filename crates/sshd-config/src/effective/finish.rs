//! What sshd sees only when all lines are read.

use std::net::IpAddr;

use bstr::ByteSlice;

use super::{Complained, Complaint, Pass, Taken};
use crate::Version;
use crate::scan::{listen_address, numeric_host};
use crate::value::{AlgorithmList, Prefix};
use crate::vocabulary::Shape;

/// Methods of authentication, the keyword that switches them, and whether they are on unless it says otherwise.
const METHODS: [(&[u8], &str, bool); 6] = [
    (b"publickey", "PubkeyAuthentication", true),
    (b"password", "PasswordAuthentication", true),
    (b"keyboard-interactive", "KbdInteractiveAuthentication", true),
    (b"hostbased", "HostbasedAuthentication", false),
    (b"gssapi-with-mic", "GSSAPIAuthentication", false),
    (b"gssapi-keyex", "GSSAPIAuthentication", false),
];

impl Pass<'_, '_> {
    /// Complaints about what lines say together. A file that was not read may say more: then nothing is certain.
    pub(super) fn finished(mut self) -> Self {
        if !self.failed && self.doubt.is_none() {
            let found = [
                self.negated_name(),
                self.empty_list(),
                self.other_family(),
                self.command_without_user(),
                self.unmet_methods(),
            ];
            self.complaints.extend(found.into_iter().flatten().next());
        }
        self
    }

    /// `kex_assemble_names`: the names were checked as patterns of a list, where `!` is right.
    fn negated_name(&self) -> Option<Complained> {
        let is_negated = |taken: &&Taken| {
            let list = AlgorithmList::parse(&taken.lines[0][0]);
            let patterned = matches!(taken.keyword.shape, Shape::Commas(family) if family.takes_patterns());
            patterned && list.prefix != Prefix::Minus && list.heard().any(|name| name.starts_with(b"!"))
        };
        let taken = self.taken.values().find(is_negated).filter(|_| self.dialect.version >= Version(7, 8))?;
        let message = format!("`{}` cannot leave out names with `!`: the prefix `-` does", taken.keyword.name);
        Some(taken.first.complained(Complaint::NegatedName, message))
    }

    fn empty_list(&self) -> Option<Complained> {
        let is_empty = |taken: &&Taken| {
            let list = AlgorithmList::parse(&taken.lines[0][0]);
            matches!(taken.keyword.shape, Shape::Commas(_)) && list.prefix == Prefix::Plain && list.is_empty()
        };
        let taken = self.taken.values().find(is_empty)?;
        Some(taken.first.complained(Complaint::EmptyList, format!("`{}` names no algorithm", taken.keyword.name)))
    }

    /// An address to listen on that is not of the family asked for.
    fn other_family(&self) -> Option<Complained> {
        let family = self.taken.get("AddressFamily")?.lines[0][0].to_ascii_lowercase();
        let listen = self.taken.get("ListenAddress")?;
        let other = |address: IpAddr| match family.as_slice() {
            b"inet" => address.is_ipv6(),
            b"inet6" => address.is_ipv4(),
            _ => false,
        };
        let addresses = listen.lines.iter().filter_map(|line| numeric_host(&listen_address(&line[0])?.0));
        let wrong = addresses.into_iter().find(|address: &IpAddr| other(*address))?;
        let message = format!("ListenAddress {wrong} is not of the AddressFamily");
        Some(listen.first.complained(Complaint::OtherFamily, message))
    }

    /// From 6.2 on; Red Hat's builds of 5.3 have the command too, and no such rule.
    fn command_without_user(&self) -> Option<Complained> {
        if self.dialect.version < Version(6, 2) {
            return None;
        }
        let commands = [
            ("AuthorizedKeysCommand", "AuthorizedKeysCommandUser"),
            ("AuthorizedPrincipalsCommand", "AuthorizedPrincipalsCommandUser"),
        ];
        commands.into_iter().find_map(|(command, user)| {
            let taken = self.taken.get(command).filter(|taken| !taken.lines[0][0].eq_ignore_ascii_case(b"none"))?;
            let lacks = !self.taken.contains_key(user);
            lacks.then(|| taken.first.complained(Complaint::CommandWithoutUser, format!("`{command}` needs `{user}`")))
        })
    }

    /// No list of AuthenticationMethods has all its methods switched on.
    fn unmet_methods(&self) -> Option<Complained> {
        let methods = self.taken.get("AuthenticationMethods")?;
        let on = |method: &[u8]| {
            let name = method.split(|b| *b == b':').next().unwrap_or(method);
            let Some((_, switch, default)) = METHODS.iter().find(|(known, _, _)| *known == name) else { return true };
            self.taken.get(switch).map_or(*default, |taken| taken.lines[0][0].eq_ignore_ascii_case(b"yes"))
        };
        let met = methods.lines[0].iter().any(|list| list.split_str(",").all(on));
        let message = "no list of methods can be met by those that are switched on".to_owned();
        (!met).then(|| methods.first.complained(Complaint::UnmetMethods, message))
    }
}
