//! Which parts of the program a process runs.

use std::collections::BTreeSet;
use std::fmt;

crate::text_enum! {
    /// A part of the program that can run in a process of its own.
    pub enum Role {
        /// The internal API, ingestion and the event stream.
        Service = "service",
        /// Every loop.
        Worker = "worker",
        /// The admin edge and the console.
        Admin = "admin",
        /// The reference wallet, the single money writer.
        Wallet = "wallet",
    }
}

/// The roles of one process; never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Every role.
    #[must_use]
    pub fn all() -> Self {
        Self(Role::ALL.iter().copied().collect())
    }

    /// Reads `service,worker`. The error is a sentence with the cure.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut roles = BTreeSet::new();
        for word in list.split(',').map(str::trim) {
            let role: Role = word.parse().map_err(|_| {
                let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
                format!(
                    "--roles has {word:?}, which is no role: give some of {}, separated by commas",
                    known.join(", ")
                )
            })?;
            roles.insert(role);
        }
        Ok(Self(roles))
    }

    /// Whether the process runs this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_a_list() {
        let roles = Roles::parse("wallet,worker, admin,service").unwrap();
        assert_eq!(roles, Roles::all());
        assert_eq!(roles.to_string(), "service,worker,admin,wallet");
        assert!(!Roles::parse("service").unwrap().has(Role::Worker));
    }

    #[test]
    fn a_role_that_does_not_exist_is_refused_by_name() {
        assert!(Roles::parse("").is_err());
        assert!(Roles::parse("service,").is_err());
        assert!(Roles::parse("servcie").unwrap_err().contains("servcie"));
    }
}
