"""What Rasa is told: configuration, domain, the private channel and our own NLU components."""
