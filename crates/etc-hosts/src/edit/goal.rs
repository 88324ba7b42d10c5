//! What a request wants of the addresses of its names.

use std::net::IpAddr;

use bstr::BString;
use kvmprep_lossless::{Edit, Refusal};

use crate::key::{Key, Name, Names};
use crate::value::{self, Family};

/// A request, understood.
pub(crate) struct Goal<'r> {
    pub(crate) names: &'r [Name],
    pub(crate) rule: Rule,
    /// Addresses that every name must have in the end, in the spelling to write.
    pub(crate) needed: Vec<(IpAddr, &'r BString)>,
}

/// Which addresses a name must not keep.
pub(crate) enum Rule {
    /// In each family that a needed address is of: all but those.
    Others,
    /// All of the family, or of both.
    All(Option<Family>),
    /// This one.
    One(IpAddr),
    /// None.
    Nothing,
}

impl<'r> Goal<'r> {
    pub(crate) fn of(edit: &'r Edit<Key>) -> Result<Self, Refusal> {
        let names = names(edit)?;
        let (rule, needed) = match edit {
            Edit::Set { to, .. } => (Rule::Others, addresses(names, to)?),
            Edit::Add { item, .. } => (Rule::Nothing, addresses(names, std::slice::from_ref(item))?),
            Edit::Remove { item, .. } => {
                let item = addresses(names, std::slice::from_ref(item))?;
                (item.first().map_or(Rule::Nothing, |(address, _)| Rule::One(*address)), Vec::new())
            }
            Edit::Unset { .. } | Edit::Disable { .. } => (Rule::All(names.family()), Vec::new()),
        };
        let goal = Goal { names: names.names(), rule, needed };
        match goal.needed.iter().find(|(address, _)| goal.unwanted(*address).is_some()) {
            Some((address, _)) => Err(Refusal::new(
                "address-conflict",
                format!("`{address}` answers IPv4 queries too, with an address that is not asked for"),
            )),
            None => Ok(goal),
        }
    }

    /// The family in which a name must not keep this address of a line.
    pub(crate) fn unwanted(&self, address: IpAddr) -> Option<Family> {
        Family::ALL.into_iter().find(|&family| self.is_unwanted(family, address))
    }

    fn is_unwanted(&self, family: Family, address: IpAddr) -> bool {
        let Some(view) = family.view(address) else { return false };
        match self.rule {
            Rule::Others => {
                let mut of_family = self.needed.iter().filter(|(a, _)| Family::of(*a) == family).peekable();
                of_family.peek().is_some() && of_family.all(|(needed, _)| *needed != view)
            }
            Rule::All(only) => only.is_none_or(|only| only == family),
            Rule::One(one) => view == one,
            Rule::Nothing => false,
        }
    }

    /// True where taking the line's address from a name would also take an IPv4 address that nobody spoke of.
    pub(crate) fn takes_mapped(&self, address: IpAddr) -> bool {
        value::is_mapped(address) && !value::is_loopback(address) && !self.is_about(Family::V4)
    }

    /// True when the request speaks of addresses of this family.
    pub(crate) fn is_about(&self, family: Family) -> bool {
        match self.rule {
            Rule::All(only) => only.is_none_or(|only| only == family),
            Rule::One(one) => Family::of(one) == family,
            Rule::Others | Rule::Nothing => self.needed.iter().any(|(address, _)| Family::of(*address) == family),
        }
    }
}

fn names(edit: &Edit<Key>) -> Result<&Names, Refusal> {
    match edit.key() {
        Key::Names(names) => Ok(names),
        Key::Address(address) => {
            Err(Refusal::new("address-key", format!("`{}` is about names, and `{address}` is an address", edit.verb()))
                .help("name the hosts first and give the address as the value: `set kvm1.example.com,kvm1 192.0.2.11`"))
        }
    }
}

fn addresses<'r>(names: &Names, values: &'r [BString]) -> Result<Vec<(IpAddr, &'r BString)>, Refusal> {
    if values.is_empty() {
        return Err(
            Refusal::new("no-address", "a name is set to at least one address").help("use `unset` to remove it")
        );
    }
    let mut addresses = Vec::new();
    for value in values {
        let address = value::to_write(value)?;
        if names.family().is_some_and(|family| family != Family::of(address)) {
            let key = Key::Names(names.clone());
            return Err(Refusal::new("address-family", format!("`{address}` is not of the family of `{key}`")));
        }
        if addresses.iter().all(|(known, _)| *known != address) {
            addresses.push((address, value));
        }
    }
    Ok(addresses)
}

/// True when a line of the one address answers queries for the other's family with that other.
pub(crate) fn gives(line: IpAddr, address: IpAddr) -> bool {
    Family::of(address).view(line) == Some(address)
}
