"""What the tests of the moderator's page stand on."""
