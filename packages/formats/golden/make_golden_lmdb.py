"""Makes the LMDB beside it, laid out as LSUN's official ones: python3 make_golden_lmdb.py (lmdb 1.4, Pillow).

Keys as LSUN's (40 hexadecimal digits), values WebP. Image i is a square of the grey 2 * i, under the SHA-1 of the text i; the
last is noise, whose value lies on pages of its own. Several transactions leave free pages in between.
"""

import hashlib
import io
import os
import shutil

import lmdb
import numpy as np
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))
shutil.rmtree("bedroom_val_lmdb", ignore_errors=True)
environment = lmdb.open("bedroom_val_lmdb", map_size=1 << 20)


def webp(image):
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True)
    return out.getvalue()


for start in range(0, 120, 40):
    with environment.begin(write=True) as transaction:
        for number in range(start, start + 40):
            key = hashlib.sha1(str(number).encode()).hexdigest().encode()
            grey = (2 * number,) * 3
            transaction.put(key, webp(Image.new("RGB", (64, 64), grey)))
with environment.begin(write=True) as transaction:
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3), dtype=np.uint8)
    transaction.put(b"f" * 40, webp(Image.fromarray(noise)))
environment.sync()
environment.close()
os.remove("bedroom_val_lmdb/lock.mdb")
