"""What Rasa is told: pipeline, domain, private channel, tracker store and our NLU components."""

import warnings

from sqlalchemy.exc import MovedIn20Warning

# Rasa's own modules speak old dialects of their libraries; what operators read should be about the desk.
warnings.filterwarnings("ignore", category=MovedIn20Warning)
warnings.filterwarnings("ignore", category=DeprecationWarning)
