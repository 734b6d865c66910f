"""Makes the golden files of images beside it: python3 make_golden_images.py (Pillow 12.3, numpy). Tests never run this.

`images/` holds image files as other programs write them; `images.npz` the pixels that Pillow makes of them, H,W,C.
"""

import io
import os

import numpy as np
from PIL import Image, ImageOps

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("images", exist_ok=True)
arrays = {}
random = np.random.RandomState(0)


def smooth(height, width, channels):
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 100 * np.sin(x / (3 + c)) * np.cos(y / (4 - c)) for c in range(channels)]
    return np.stack(planes, -1).round().astype(np.uint8)


# Resizing, both ways, of noise (whose lobes leave a byte's range) and of something smooth.
for name, image in [("noise", random.randint(0, 256, (23, 31), dtype=np.uint8)), ("smooth", smooth(40, 28, 1)[:, :, 0])]:
    arrays[f"{name}"] = image
    for height, width in [(64, 64), (32, 32), (8, 8), (5, 50), (47, 3), (1, 1), (23, 12), (100, 31)]:
        arrays[f"{name}-{height}x{width}"] = np.asarray(
            Image.fromarray(image).resize((width, height), Image.LANCZOS)
        )

# A photograph's way through StyleGAN's dataset tool with --transform=center-crop: the middle square, then LANCZOS.
image = Image.fromarray(smooth(33, 48, 3))
image.save("images/wide.png")
for size in [16, 64]:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    arrays[f"wide-crop-{size}"] = np.asarray(square.resize((size, size), Image.LANCZOS))
    arrays[f"wide-squeeze-{size}"] = np.asarray(image.resize((size, size), Image.LANCZOS))

# Transparency, hidden colours included: laid on a colour by the mask, then scaled.
colours = random.randint(0, 256, (12, 12, 4), dtype=np.uint8)
colours[:4, :, 3] = 0
colours[4:8, :, 3] = 255
clear = Image.fromarray(colours)
grey_clear = clear.convert("LA")
palette = clear.convert("RGB").quantize(8)
palette.info["transparency"] = 3
files = {"clear.png": clear, "clear-grey.png": grey_clear, "clear.webp": clear, "clear-palette.png": palette}
clear.save("images/clear.png")
grey_clear.save("images/clear-grey.png")
clear.save("images/clear.webp", lossless=True, exact=True)
palette.save("images/clear-palette.png", transparency=3)
for name in files:
    whole = Image.open(f"images/{name}").convert("RGBA")
    for colour, background in [("white", (255, 255, 255)), ("blue", (0x20, 0x40, 0x60))]:
        laid = Image.new("RGB", whole.size, background)
        laid.paste(whole, mask=whole.getchannel("A"))
        arrays[f"{name}-{colour}"] = np.asarray(laid)
        arrays[f"{name}-{colour}-6"] = np.asarray(laid.resize((6, 6), Image.LANCZOS))

# All eight orientations. JPEG's decoders differ by a step or two.
upright = Image.fromarray(smooth(16, 24, 3))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright.save(f"images/turned-{orientation}.jpg", exif=exif, quality=95, subsampling=0)
    arrays[f"turned-{orientation}"] = np.asarray(ImageOps.exif_transpose(Image.open(f"images/turned-{orientation}.jpg")))

# BMP of every kind that Pillow writes; RLE8 and 5-6-5 by hand.
picture = Image.fromarray(random.randint(0, 256, (7, 9, 3), dtype=np.uint8))
alpha = picture.convert("RGBA")
alpha.putalpha(Image.fromarray(random.randint(0, 256, (7, 9), dtype=np.uint8)))
bmps = {
    "24": picture,
    "8-grey": picture.convert("L"),
    "8": picture.quantize(200),
    "4": picture.quantize(16),
    "1": picture.convert("1"),
}
for name, image in bmps.items():
    image.save(f"images/{name}.bmp")
    arrays[f"{name}.bmp"] = np.asarray(Image.open(f"images/{name}.bmp").convert("RGB"))
alpha.save("images/32.bmp")
laid = Image.new("RGB", alpha.size, "white")
whole = Image.open("images/32.bmp").convert("RGBA")
laid.paste(whole, mask=whole.getchannel("A"))
arrays["32.bmp"] = np.asarray(laid)
# Top-down rows, and 32 bits whose fourth byte is nothing.
header = bytearray(open("images/24.bmp", "rb").read())
header[22:26] = (-7).to_bytes(4, "little", signed=True)
open("images/24-down.bmp", "wb").write(header)
arrays["24-down.bmp"] = np.asarray(Image.open("images/24-down.bmp").convert("RGB"))

# Four inks alone, none, and all; no profile in it.
inks = np.zeros((8, 48, 4), np.uint8)
for at, ink in enumerate([(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (255, 255, 255, 255)]):
    inks[:, 8 * at : 8 * at + 8] = ink
Image.fromarray(inks, "CMYK").save("images/cmyk.jpg", quality=100)

# An animation, a TIFF of two pages.
frames = [Image.new("RGB", (6, 6), colour) for colour in ["#c86432", "#000000"]]
frames[0].save("images/animated.gif", save_all=True, append_images=frames[1:])
frames[0].save("images/pages.tiff", save_all=True, append_images=frames[1:], compression="tiff_deflate")

# 16 bits a sample, and floating point.
deep = Image.fromarray(np.array([[0, 255, 256, 4095, 40000, 65535]], np.uint16))
deep.save("images/deep.png")
deep.save("images/deep.tiff")
Image.fromarray(np.array([[0, 100, 4095]], np.uint16)).save("images/twelve.png")
Image.new("F", (4, 4), 0.5).save("images/float.tiff")

np.savez_compressed("images.npz", **arrays)
