// Ends the sign-in popup: MSAL's bridge passes Entra ID's answer on and closes the window.
globalThis.msalRedirectBridge?.broadcastResponseToMainFrame();
