//! The files a browser loads, made ready for it.
//!
//! Scripts, style sheets and wasm get a name that holds a hash of their content and move to `assets/`, so
//! that a browser may keep them for ever and a page never mixes the files of two versions. Pages and icons
//! keep the names that the manifest knows. Scripts and style sheets lose comments and indentation. References are rewritten to match: any quoted path that names a
//! file of the bundle. What comes from npm is renamed but never rewritten.
//!
//! A script that needs the checksum of a file it loads writes `"integrity:/vendor/x.js"`; this becomes
//! `"sha384-…"`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256, Sha384};

/// Where files with a hash in their name go.
const ASSETS: &str = "assets";
/// Files of other people, to be passed on byte for byte.
const VENDOR: &str = "vendor/";
/// References longer than this are none.
const LONGEST_REFERENCE: usize = 200;

/// Files by their path inside of a folder, with `/` between its parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files under the names that browsers load them by.
pub struct Bundle {
    files: Files,
    /// What each file was called before it got a hash.
    names: BTreeMap<String, String>,
}

/// The first 16 digits of the content's SHA-256.
pub fn fingerprint(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).fold(String::new(), |mut digits, byte| {
        // Writing into a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

impl Bundle {
    /// Names and rewrites the files.
    pub fn make(sources: &Files) -> Result<Self> {
        let mut naming = Naming { sources, named: BTreeMap::new(), open: Vec::new() };
        for source in sources.keys() {
            naming.name(source)?;
        }
        let mut bundle = Self { files: Files::new(), names: BTreeMap::new() };
        for (source, named) in naming.named {
            bundle.names.insert(source, named.name.clone());
            bundle.files.insert(named.name, named.content);
        }
        Ok(bundle)
    }

    /// Writes the files into `folder` in place of what was there, each with a `.br` and a `.gz` beside it
    /// where that is smaller.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        for (name, content) in &self.files {
            write_file(folder, name, content)?;
            if is_compressible(name) {
                for (ending, packed) in [("br", brotli_of(content)?), ("gz", gzip_of(content)?)] {
                    if packed.len() < content.len() {
                        write_file(folder, &format!("{name}.{ending}"), &packed)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A file that has its final name and content.
struct Named {
    name: String,
    content: Vec<u8>,
}

/// Gives every file its name; a file that names others comes after them, for its hash depends on theirs.
struct Naming<'a> {
    sources: &'a Files,
    named: BTreeMap<String, Named>,
    /// The files being named, outermost first.
    open: Vec<String>,
}

impl Naming<'_> {
    fn name(&mut self, source: &str) -> Result<()> {
        if self.named.contains_key(source) {
            return Ok(());
        }
        if self.open.iter().any(|open| open == source) {
            bail!(
                "{} load each other in a circle, so none of them can be named by its content",
                self.open.join(", ")
            );
        }
        let content = self.sources.get(source).with_context(|| format!("{source} is not in the bundle"))?;
        self.open.push(source.to_owned());
        let content = match std::str::from_utf8(content) {
            Ok(text) if is_rewritten(source) => {
                let text = self.rewrite(source, text)?;
                if ending(source) == "html" { text } else { slim(&text) }.into_bytes()
            }
            _ => content.clone(),
        };
        self.open.pop();
        let name = if is_hashed(source) { hashed_name(source, &content) } else { source.to_owned() };
        self.named.insert(source.to_owned(), Named { name, content });
        Ok(())
    }

    /// The text with its references changed.
    fn rewrite(&mut self, source: &str, text: &str) -> Result<String> {
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['"', '\'', '`', '(']) {
            let (before, quoted) = rest.split_at(at + 1);
            rewritten.push_str(before);
            rest = quoted;
            let closing = if before.ends_with('(') { ')' } else { before.chars().next_back().unwrap_or('"') };
            let Some(end) = quoted.find(closing).filter(|end| *end <= LONGEST_REFERENCE) else { continue };
            if let Some(becomes) = self.follow(source, &quoted[..end])? {
                rewritten.push_str(&becomes);
                rest = &quoted[end..];
            }
        }
        rewritten.push_str(rest);
        Ok(rewritten)
    }

    /// What is to stand in `source` in place of `reference`, if that names a file whose name changes.
    fn follow(&mut self, source: &str, reference: &str) -> Result<Option<String>> {
        let (wants_integrity, path) = match reference.strip_prefix("integrity:") {
            Some(path) => (true, path),
            None => (false, reference),
        };
        let (path, suffix) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let Some(target) = absolute(source, path).filter(|target| self.sources.contains_key(target)) else {
            // In scripts such a path may be no more than a name: wasm-bindgen's module has `./frontend_bg.js`.
            let has_to_be = ending(source) == "html" && path.starts_with('/') && is_hashed(path);
            ensure!(!(wants_integrity || has_to_be), "{source} names {path}, which is not in the bundle");
            return Ok(None);
        };
        // Pages and images keep their names, and pages do refer to each other in circles.
        if !is_hashed(&target) {
            ensure!(
                !wants_integrity,
                "{source} asks for the integrity of {path}, which is neither script nor style"
            );
            return Ok(None);
        }
        self.name(&target)?;
        let named = &self.named[&target];
        let becomes = if wants_integrity {
            format!("sha384-{}", BASE64.encode(Sha384::digest(&named.content)))
        } else {
            format!("/{}{suffix}", named.name)
        };
        Ok(Some(becomes))
    }
}

/// The script or style sheet without its indentation and without the comments that have lines of their own: nobody reads
/// them in a browser. One in which text runs over several lines stays as it is.
fn slim(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let mut kept = Vec::new();
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        let was_comment = in_comment || line.starts_with("/*");
        match line.find("*/") {
            _ if !was_comment => {}
            None => in_comment = true,
            Some(end) if end + 2 == line.len() => in_comment = false,
            // Code stands behind the comment.
            Some(_) if in_comment => return script.to_owned(),
            Some(_) => kept.push(line),
        }
        if !was_comment && !line.is_empty() && !line.starts_with("//") {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// The path inside of the bundle that `reference` means in the file `source`.
fn absolute(source: &str, reference: &str) -> Option<String> {
    if reference.is_empty() || reference.starts_with("//") || reference.contains(char::is_whitespace) {
        return None;
    }
    let mut parts: Vec<&str> = match reference.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => source.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in reference.trim_start_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// `pane.css` becomes `assets/pane.0123456789abcdef.css`.
fn hashed_name(source: &str, content: &[u8]) -> String {
    let file = source.rsplit('/').next().unwrap_or(source);
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, "bin"));
    format!("{ASSETS}/{stem}.{}.{ending}", fingerprint(content))
}

/// What stands behind the last dot of a name.
pub fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn is_hashed(name: &str) -> bool {
    matches!(ending(name), "js" | "css" | "wasm" | "woff2")
}

fn is_rewritten(name: &str) -> bool {
    matches!(ending(name), "js" | "css" | "html") && !name.starts_with(VENDOR)
}

fn is_compressible(name: &str) -> bool {
    matches!(ending(name), "js" | "css" | "html" | "wasm" | "svg" | "json" | "txt")
}

fn brotli_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let settings = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &content[..], &mut packed, &settings).context("brotli failed")?;
    Ok(packed)
}

fn gzip_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(content).context("gzip failed")?;
    packer.finish().context("gzip failed")
}

fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn name<'a>(bundle: &'a Bundle, source: &str) -> &'a str {
        &bundle.names[source]
    }

    fn text<'a>(bundle: &'a Bundle, source: &str) -> &'a str {
        std::str::from_utf8(&bundle.files[name(bundle, source)]).unwrap()
    }

    #[test]
    fn a_script_is_named_by_its_content_and_the_page_follows() {
        let bundle =
            Bundle::make(&files(&[("pane.html", "<script src=\"/boot.js\">"), ("boot.js", "go()")])).unwrap();
        let script = name(&bundle, "boot.js");
        assert_eq!(script, format!("assets/boot.{}.js", fingerprint(b"go()")));
        assert_eq!(text(&bundle, "pane.html"), format!("<script src=\"/{script}\">"));
        assert_eq!(name(&bundle, "pane.html"), "pane.html");
    }

    #[test]
    fn a_change_deep_down_renames_everything_that_leads_to_it() {
        let make = |wasm| {
            let sources = [
                ("boot.js", "import init from './glue.js'"),
                ("glue.js", "new URL('glue_bg.wasm', import.meta.url)"),
                ("glue_bg.wasm", wasm),
            ];
            Bundle::make(&files(&sources)).unwrap()
        };
        let (one, two) = (make("1"), make("2"));
        for source in ["boot.js", "glue.js", "glue_bg.wasm"] {
            assert_ne!(name(&one, source), name(&two, source), "{source}");
        }
        assert_eq!(
            text(&one, "glue.js"),
            format!("new URL('/{}', import.meta.url)", name(&one, "glue_bg.wasm"))
        );
    }

    #[test]
    fn references_are_followed_in_style_sheets_snippets_and_with_fragments() {
        let sources = [
            ("pane.css", "a{background:url(./icons/a.svg#x)} @import url(/more.css?1);"),
            ("more.css", ""),
            ("icons/a.svg", "<svg/>"),
            ("glue.js", "import * as s from './snippets/x/inline0.js'"),
            ("snippets/x/inline0.js", "import '../y.js'"),
            ("snippets/y.js", ""),
        ];
        let bundle = Bundle::make(&files(&sources)).unwrap();
        let more = name(&bundle, "more.css");
        assert_eq!(
            text(&bundle, "pane.css"),
            format!("a{{background:url(./icons/a.svg#x)}} @import url(/{more}?1);")
        );
        assert!(text(&bundle, "glue.js").contains(name(&bundle, "snippets/x/inline0.js")));
        assert!(text(&bundle, "snippets/x/inline0.js").contains(name(&bundle, "snippets/y.js")));
    }

    #[test]
    fn integrity_is_that_of_the_file_as_it_is_served() {
        let sources = [("boot.js", "load('/vendor/x.js', 'integrity:/vendor/x.js')"), ("vendor/x.js", "x")];
        let bundle = Bundle::make(&files(&sources)).unwrap();
        let sum = BASE64.encode(Sha384::digest(b"x"));
        let served = name(&bundle, "vendor/x.js");
        assert_eq!(text(&bundle, "boot.js"), format!("load('/{served}', 'sha384-{sum}')"));
    }

    #[test]
    fn integrity_of_a_file_that_is_not_there_is_refused() {
        assert!(Bundle::make(&files(&[("boot.js", "'integrity:/vendor/x.js'")])).is_err());
    }

    #[test]
    fn a_page_that_names_a_script_or_style_sheet_that_is_not_there_is_refused() {
        assert!(Bundle::make(&files(&[("pane.html", "href=\"/pane.css\"")])).is_err());
        assert!(Bundle::make(&files(&[("pane.html", "src=\"https://elsewhere.example/a.js\"")])).is_ok());
    }

    #[test]
    fn scripts_lose_comments_and_indentation_and_nothing_else() {
        let script = "// why\n/**\n * @returns {number}\n */\nfunction a() {\n    /* one */\n    return '// no comment'; // kept\n}\n";
        assert_eq!(slim(script), "function a() {\nreturn '// no comment'; // kept\n}");
        assert_eq!(slim("/* a */ b()"), "/* a */ b()");
        assert_eq!(slim("/* a\n */ b()"), "/* a\n */ b()");
        let lines = "const a = `\n    // text\n`;\n";
        assert_eq!(slim(lines), lines);
    }

    #[test]
    fn files_of_others_are_passed_on_byte_for_byte() {
        let bundle = Bundle::make(&files(&[("vendor/x.js", "'/pane.css'"), ("pane.css", "")])).unwrap();
        assert_eq!(text(&bundle, "vendor/x.js"), "'/pane.css'");
    }

    #[test]
    fn scripts_that_load_each_other_are_refused() {
        assert!(Bundle::make(&files(&[("a.js", "import './b.js'"), ("b.js", "import './a.js'")])).is_err());
    }

    #[test]
    fn text_that_only_looks_like_a_reference_stays() {
        let odd = "it's (pane.css) isn't \"/pane.css2\" 'a b' \"unclosed";
        let bundle = Bundle::make(&files(&[("boot.js", odd), ("other.css", "")])).unwrap();
        assert_eq!(text(&bundle, "boot.js"), odd);
    }
}
