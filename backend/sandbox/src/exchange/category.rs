//! The master category list of a mailbox: names, and the colours that Outlook paints them in.
//!
//! Items hold category *names*, in any spelling, whether or not the list knows them. So a rename or delete
//! here leaves the items as they are.

use super::mailbox::Mailbox;
use super::{Mint, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterCategory {
    pub id: Uuid,
    pub display_name: String,
    /// `none` or `preset0` … `preset24`.
    pub color: String,
}

/// Whether Graph knows this colour.
pub fn is_color(text: &str) -> bool {
    text == "none"
        || text
            .strip_prefix("preset")
            .is_some_and(|number| number.parse::<u8>().is_ok_and(|n| n < 25 && n.to_string() == number))
}

/// The colour in which Outlook on the web paints a preset, as `#rrggbb`.
pub fn hex(color: &str) -> &'static str {
    const PRESETS: [&str; 25] = [
        "#e7484d", "#f7630c", "#a4642c", "#fde300", "#3aa53a", "#00b7a8", "#7d8c1f", "#2b88d8", "#8764b8",
        "#c2397f", "#8a9aa5", "#4a5d6b", "#a0a0a0", "#6b6b6b", "#1f1f1f", "#8b1a1f", "#9c3c05", "#5e3a17",
        "#a88d00", "#13602d", "#00625a", "#4b5413", "#123f73", "#46307a", "#7b1f51",
    ];
    color
        .strip_prefix("preset")
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| PRESETS.get(number).copied())
        .unwrap_or("#8a8a8a")
}

impl Mailbox {
    pub fn create_category(
        &mut self,
        name: &str,
        color: &str,
        most: usize,
        mint: &mut Mint,
    ) -> Result<MasterCategory, Refusal> {
        if self.categories.iter().any(|category| category.display_name.to_lowercase() == name.to_lowercase())
        {
            return Err(Refusal::CategoryExists(name.to_owned()));
        }
        if self.switches.master_list_full || self.categories.len() >= most {
            return Err(Refusal::CategoryListFull);
        }
        let category =
            MasterCategory { id: mint.uuid(), display_name: name.to_owned(), color: color.to_owned() };
        self.categories.push(category.clone());
        self.change += 1;
        self.happen("masterCategory.create", None, category.id.to_string(), Value::Null, json!(name));
        Ok(category)
    }

    pub fn recolor_category(&mut self, id: Uuid, color: &str) -> Result<MasterCategory, Refusal> {
        let category =
            self.categories.iter_mut().find(|category| category.id == id).ok_or(Refusal::ItemNotFound)?;
        let before = std::mem::replace(&mut category.color, color.to_owned());
        let category = category.clone();
        self.change += 1;
        self.happen("masterCategory.recolor", None, id.to_string(), json!(before), json!(color));
        Ok(category)
    }

    /// What a person does in Outlook; Graph cannot. Items keep the old name.
    pub fn rename_category(&mut self, id: Uuid, name: &str) -> Result<(), Refusal> {
        if self
            .categories
            .iter()
            .any(|other| other.id != id && other.display_name.to_lowercase() == name.to_lowercase())
        {
            return Err(Refusal::CategoryExists(name.to_owned()));
        }
        let category =
            self.categories.iter_mut().find(|category| category.id == id).ok_or(Refusal::ItemNotFound)?;
        let before = std::mem::replace(&mut category.display_name, name.to_owned());
        self.change += 1;
        self.happen("masterCategory.rename", None, id.to_string(), json!(before), json!(name));
        Ok(())
    }

    pub fn delete_category(&mut self, id: Uuid) -> Result<(), Refusal> {
        let at =
            self.categories.iter().position(|category| category.id == id).ok_or(Refusal::ItemNotFound)?;
        let category = self.categories.remove(at);
        self.change += 1;
        let before = json!(category.display_name);
        self.happen("masterCategory.delete", None, id.to_string(), before, Value::Null);
        Ok(())
    }
}
