"""Real browsers for tests: Chromium with a microphone that speaks a tone, and ears."""
