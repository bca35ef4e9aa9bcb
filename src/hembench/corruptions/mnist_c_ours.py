"""The 15 corruptions of MNIST-C (Mu & Gilmer 2019) made by code of our own: not the published files.

The name stands for its members, each a file mnist_c_ours_<member>.py, with the default strengths of the published
generator (as its public source has them). Tables show each under that name, so that nobody takes them for the
published images. Lengths are in pixels, as for 28x28; positions follow the image's size. What all of them have
unlike that generator: random numbers, rounding to bytes, and any image size with one or several channels. What
else differs is in each file.
"""

from __future__ import annotations

MEMBERS = (
    "shot_noise",
    "impulse_noise",
    "glass_blur",
    "motion_blur",
    "shear",
    "scale",
    "rotate",
    "brightness",
    "translate",
    "stripe",
    "fog",
    "spatter",
    "dotted_line",
    "zigzag",
    "canny_edges",
)
"""In the order of MNIST-C; its 16th folder, identity, is the clean test set and no corruption."""
