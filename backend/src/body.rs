//! The text of a mail, on its way from Exchange to the CRM: the one thing of a message that both sides handle
//! and that the rules never see. It must never be printed or stored.

/// HTML of a message's body. The type's `Debug` says only how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(pub String);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}
