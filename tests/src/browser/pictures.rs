//! Pictures of the pane, for people to look at.

use super::Browser;
use serde_json::json;
use std::path::Path;

/// How the pane is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Light,
    Dark,
    /// As with a contrast theme of Windows.
    ForcedColours,
}

impl Look {
    const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::ForcedColours];

    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::ForcedColours => "forced",
        }
    }

    fn theme(self) -> &'static str {
        if self == Self::Light { "light" } else { "dark" }
    }
}

impl Browser {
    /// Leaves pictures of the pane as it is now, one per look, if anybody wants them.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = &self.pictures else { return };
        for look in Look::ALL {
            self.wear(look).await;
            let frame = self.outlook().pane_frame().await.expect("the pane is open");
            let picture = frame.screenshot().await.expect("a picture");
            write(&folder.join(format!("{name}-{}.png", look.name())), &picture);
        }
        self.wear(Look::Light).await;
    }

    /// Leaves a picture of the window that is entered now, if anybody wants it.
    pub async fn picture_of_dialog(&self, name: &str) {
        if let Some(folder) = &self.pictures {
            self.picture_of_window(&folder.join(format!("{name}.png"))).await;
        }
    }

    /// Leaves a picture of the whole page with the pane, if anybody wants it; the focus is on nothing in it.
    pub async fn picture_of_page(&self, name: &str) {
        if let Some(folder) = &self.pictures {
            let leave = "document.activeElement.blur(); scrollTo(0, 0)";
            self.pane().run(leave, vec![]).await.expect("the pane is open");
            self.picture_of_window(&folder.join(format!("{name}.png"))).await;
        }
    }

    async fn picture_of_window(&self, file: &Path) {
        self.enter_top().await.expect("a page");
        write(file, &self.client.screenshot().await.expect("a picture"));
    }

    /// Puts page and pane into a look, whatever the machine's own is.
    async fn wear(&self, look: Look) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": look.theme() },
            { "name": "forced-colors", "value": if look == Look::ForcedColours { "active" } else { "none" } },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let script = "document.documentElement.dataset.theme = arguments[0]";
        let theme = vec![json!(look.theme())];
        self.run(script, theme.clone()).await.expect("a page");
        self.pane().run(script, theme).await.expect("the pane is open");
    }
}

fn write(file: &Path, picture: &[u8]) {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).expect("a folder for pictures");
    }
    std::fs::write(file, picture).expect("the picture is written");
}
