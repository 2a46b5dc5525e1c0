"""From files of images and labels to splits in memory."""
