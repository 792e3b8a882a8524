//! What operators may do: roles, and what each may. What is not listed here nobody may.

crate::text_enum! {
    /// What an operator is. Each may all that the one before may.
    pub enum Role {
        /// Reads.
        Viewer = "viewer",
        /// Also works on messages and phones.
        Operator = "operator",
        /// Also has money credited, or refuses it.
        Approver = "approver",
        /// Also adds, deletes, and controls the daemon.
        Admin = "admin",
    }
}

crate::text_enum! {
    /// One thing that a route does.
    pub enum Permission {
        /// Read anything.
        Read = "read",
        /// Have messages read again.
        Reset = "reset",
        /// Set a message's review state.
        Check = "check",
        /// Trust a phone, or no longer.
        Trust = "trust",
        /// Approve and reject recharges.
        Approve = "approve",
        /// Add and delete devices, templates and phones.
        Manage = "manage",
        /// Control the daemon's actors.
        Control = "control",
        /// Approve an amount that differs from the order's.
        Override = "override",
    }
}

impl Role {
    /// Whether an operator of this role may do this.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least()
    }

    /// Everything that an operator of this role may do.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.may(*permission))
    }
}

impl Permission {
    /// The lowest role that may do this.
    const fn least(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Reset | Self::Check | Self::Trust => Role::Operator,
            Self::Approve => Role::Approver,
            Self::Manage | Self::Control | Self::Override => Role::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_inventory_says() {
        let may = |role: Role| role.permissions().map(Permission::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(may(Role::Viewer), "read");
        assert_eq!(may(Role::Operator), "read reset check trust");
        assert_eq!(may(Role::Approver), "read reset check trust approve");
        assert_eq!(may(Role::Admin), "read reset check trust approve manage control override");
    }
}
