//! Draws the PNG icons from their SVG sources. The PNGs are committed, because Outlook asks for them by
//! name and size; the check of the manifest compares their sizes with what it states.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::{say, system};

/// Edges in pixels: the ribbon's icons, ...
const RIBBON: [u32; 8] = [16, 20, 24, 32, 40, 48, 64, 80];
/// ... and for the mark also the store's and the phones' (25, 32 and 48 points, up to threefold).
const MARK: [u32; 6] = [25, 50, 75, 96, 128, 144];

/// Draws every icon in every size.
pub fn draw(project: &Project) -> Result<()> {
    let rsvg = system::provide(&system::RSVG)?;
    let folder = project.root.join("static/icons");
    for name in ["mark", "track", "untrack"] {
        let more: &[u32] = if name == "mark" { &MARK } else { &[] };
        for edge in RIBBON.iter().chain(more) {
            draw_one(&rsvg, &folder, name, *edge)?;
        }
    }
    Ok(())
}

fn draw_one(rsvg: &Path, folder: &Path, name: &str, edge: u32) -> Result<()> {
    let (source, drawn) = (folder.join(format!("{name}.svg")), folder.join(format!("{name}-{edge}.png")));
    let edge = edge.to_string();
    say::show(Command::new(rsvg).args(["-w", &edge, "-h", &edge]).arg(&source).arg("-o").arg(&drawn))?;
    fs::metadata(&drawn).with_context(|| format!("{} was not drawn", drawn.display()))?;
    Ok(())
}
