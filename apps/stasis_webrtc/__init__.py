"""stasis_webrtc: log in, and get a telephone in the browser."""
