"""Intent: did the bot take each user message for what it was?"""
