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

impl Role {
    /// The roles that this build contains; the others' keys are part of the configuration all the same.
    pub const BUILT: &'static [Self] = &[Self::Service, Self::Worker, Self::Admin];
}

/// The roles of one process; never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Every role of this build.
    #[must_use]
    pub fn all_built() -> Self {
        Self(Role::BUILT.iter().copied().collect())
    }

    /// Reads `service,worker`. The error is a sentence with the cure.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut roles = BTreeSet::new();
        for word in list.split(',').map(str::trim) {
            let role: Role = word.parse().map_err(|_| {
                let known: Vec<&str> = Role::BUILT.iter().map(|role| role.as_str()).collect();
                format!(
                    "--roles has {word:?}, which is no role: give some of {}, separated by commas",
                    known.join(", ")
                )
            })?;
            if !Role::BUILT.contains(&role) {
                return Err(format!("--roles asks for {role}, which is not part of this build: leave it out"));
            }
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
        let roles = Roles::parse("worker, service").unwrap();
        assert!(roles.has(Role::Service) && roles.has(Role::Worker) && !roles.has(Role::Admin));
        assert_eq!(roles.to_string(), "service,worker");
        assert!(!Roles::parse("service").unwrap().has(Role::Worker));
    }

    #[test]
    fn a_role_that_does_not_exist_or_is_not_built_is_refused_by_name() {
        assert!(Roles::parse("").is_err());
        assert!(Roles::parse("service,").is_err());
        assert!(Roles::parse("servcie").unwrap_err().contains("servcie"));
        assert!(Roles::parse("service,wallet").unwrap_err().contains("wallet, which is not part of this build"));
    }
}
