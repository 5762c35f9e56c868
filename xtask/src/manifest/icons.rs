//! Icons: each button has those that Outlook asks for, and each file has the pixels that are stated.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use roxmltree::Node;

use super::{Faults, child, elements, type_of};

/// Without these Outlook shows no button (edges in pixels).
const ON_RIBBON: [u32; 3] = [16, 32, 80];
/// Phones ask for each of these (edges in points) ...
const ON_PHONES: [u32; 3] = [25, 32, 48];
/// ... as dense as their screen is (pixels for one point).
const SCALES: [u32; 3] = [1, 2, 3];

pub(super) fn check(faults: &mut Faults<'_>, files: &Path) {
    let root = faults.root();
    for (name, edge) in [("IconUrl", 64), ("HighResolutionIconUrl", 128)] {
        if let Some(icon) = child(root, name) {
            check_file(faults, icon, icon.attribute("DefaultValue").unwrap_or_default(), edge, files);
        }
    }
    let icons: Vec<Node<'_, '_>> = faults.all("Icon").collect();
    for icon in icons {
        let on_phone = type_of(icon) == "MobileIconList";
        let mut present = BTreeSet::new();
        for image in elements(icon) {
            let number = |name: &str| image.attribute(name).and_then(|value| value.parse::<u32>().ok());
            let (Some(size), Some(scale)) = (number("size"), number("scale").or((!on_phone).then_some(1)))
            else {
                faults.add(image, "this image states no size, or on phones no scale");
                continue;
            };
            if !present.insert((size, scale)) {
                faults.add(image, format!("there is another image of size {size} and scale {scale}"));
            }
            if let Some(address) = address_of(faults, image) {
                check_file(faults, image, address, size * scale, files);
            }
        }
        let required: BTreeSet<(u32, u32)> = if on_phone {
            ON_PHONES.into_iter().flat_map(|size| SCALES.map(|scale| (size, scale))).collect()
        } else {
            ON_RIBBON.into_iter().map(|size| (size, 1)).collect()
        };
        for (size, scale) in required.difference(&present) {
            faults.add(icon, format!("the image of size {size} and scale {scale} is missing"));
        }
    }
}

fn address_of<'a>(faults: &Faults<'a>, image: Node<'_, '_>) -> Option<&'a str> {
    let resid = image.attribute("resid")?;
    faults.all("Image").find(|resource| resource.attribute("id") == Some(resid))?.attribute("DefaultValue")
}

fn check_file(faults: &mut Faults<'_>, at: Node<'_, '_>, address: &str, edge: u32, files: &Path) {
    let Some(path) =
        super::origin_of(address).and_then(|origin| address.strip_prefix(origin)?.strip_prefix('/'))
    else {
        // That it is no https address is said where addresses are checked.
        return;
    };
    match fs::read(files.join(path)).ok().as_deref().map(png_size) {
        None => faults.add(at, format!("there is no file static/{path}")),
        Some(None) => faults.add(at, format!("static/{path} is no PNG")),
        Some(Some(size)) if size != (edge, edge) => {
            faults.add(at, format!("static/{path} has {}×{} pixels, not {edge}×{edge}", size.0, size.1));
        }
        Some(Some(_)) => {}
    }
}

/// Width and height in pixels, from the header of a PNG (ISO/IEC 15948, 11.2.1).
fn png_size(content: &[u8]) -> Option<(u32, u32)> {
    let header = content.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let (width, header) = header.split_first_chunk::<4>()?;
    let (height, _) = header.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}
