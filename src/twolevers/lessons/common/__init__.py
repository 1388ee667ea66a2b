"""What several lessons share: the bench they measure on, contests and their reading, figures, messages, replies."""
