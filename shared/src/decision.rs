//! What a rule answers: the answer, the rule that gave it, and the facts it rests on.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing a decision rests on, e.g. `category = Tracked to Dynamics 365`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// The placeholder's name in the sentences of [`crate::rules::explain`].
    pub name: String,
    pub value: String,
}

impl Fact {
    pub fn new(name: &str, value: impl fmt::Display) -> Self {
        Self { name: name.to_owned(), value: value.to_string() }
    }
}

/// An answer that can be asked *why* (WHY-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<T> {
    pub answer: T,
    pub rule: RuleId,
    pub facts: Vec<Fact>,
}

impl<T> Decision<T> {
    pub fn new(answer: T, rule: RuleId) -> Self {
        Self { answer, rule, facts: Vec::new() }
    }

    /// The same decision, resting on one more fact.
    #[must_use]
    pub fn because(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.facts.push(Fact::new(name, value));
        self
    }

    /// The same reasons for another answer.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decision<U> {
        Decision { answer: f(self.answer), rule: self.rule, facts: self.facts }
    }

    /// The reasons without the answer.
    pub fn reason(&self) -> Reason {
        Reason { rule: self.rule, facts: self.facts.clone() }
    }
}

/// Why something was decided: a decision without its answer, as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    pub rule: RuleId,
    pub facts: Vec<Fact>,
}

macro_rules! rule_ids {
    ($($variant:ident $text:literal),+ $(,)?) => {
        /// Id of a rule of the catalogue, as code, tests, audit trail and screen name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum RuleId { $(#[serde(rename = $text)] $variant),+ }

        impl RuleId {
            /// Every rule that this version implements.
            pub const ALL: &'static [RuleId] = &[$(RuleId::$variant),+];

            /// The id as it is written, e.g. `CAT-06`.
            pub fn as_str(self) -> &'static str {
                match self { $(RuleId::$variant => $text),+ }
            }
        }
    };
}

rule_ids! {
    Cat01 "CAT-01", Cat02 "CAT-02", Cat06 "CAT-06", Cat09 "CAT-09", Cat10 "CAT-10", Cat11 "CAT-11",
    Cat13 "CAT-13", Cat14 "CAT-14", Cat15 "CAT-15", Cat16 "CAT-16", Cat17 "CAT-17", Cat18 "CAT-18",
    Cat19 "CAT-19", Cat20 "CAT-20", Cat21 "CAT-21", Cat22 "CAT-22", Cat23 "CAT-23", Cat24 "CAT-24",
    Cat26 "CAT-26", Cat27 "CAT-27",
    Frq01 "FRQ-01", Frq02 "FRQ-02", Frq03 "FRQ-03", Frq04 "FRQ-04", Frq05 "FRQ-05", Frq06 "FRQ-06",
    App04 "APP-04", App05 "APP-05", App06 "APP-06",
    Del01 "DEL-01", Del02 "DEL-02",
    Unt01 "UNT-01",
    Cfg01 "CFG-01", Cfg02 "CFG-02",
    Fld01 "FLD-01", Fld02 "FLD-02",
    Inc01 "INC-01", Inc02 "INC-02", Inc03 "INC-03", Inc04 "INC-04", Inc05 "INC-05", Inc06 "INC-06",
    Inc07 "INC-07",
    Mbx02 "MBX-02", Mbx03 "MBX-03", Mbx04 "MBX-04",
    Ppl01 "PPL-01", Ppl02 "PPL-02", Ppl03 "PPL-03", Ppl04 "PPL-04",
    Ret01 "RET-01", Ret02 "RET-02", Ret03 "RET-03", Ret04 "RET-04", Ret05 "RET-05", Ret06 "RET-06",
    Now01 "NOW-01",
    Why01 "WHY-01", Why02 "WHY-02", Why03 "WHY-03",
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
