//! The languages that decisions and problems are told in.

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// The first language of an `Accept-Language` header (or a BCP 47 tag) that the product speaks.
    /// Weights are not compared: clients list what they prefer first.
    pub fn from_accept_language(header: &str) -> Self {
        for tag in header.split(',') {
            let primary = tag.split([';', '-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase();
            match primary.as_str() {
                "de" => return Language::German,
                "en" => return Language::English,
                _ => {}
            }
        }
        Language::English
    }
}
