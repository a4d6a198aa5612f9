"""A phone's camera: reads the QR code that stands on a screen, from its pixels."""

import base64

import zxingcpp
from playwright.async_api import Browser, Locator

_PIXELS = """async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, image.width, image.height).data;
    const grey = Array.from({ length: image.width * image.height }, (_, at) => pixels[4 * at + 1]);
    return [image.width, image.height, grey];
}"""


async def read_code(browser: Browser, picture: Locator) -> str:
    """What the code says; fails where a reader finds none."""
    shot = base64.b64encode(await picture.screenshot()).decode()
    page = await browser.new_page()  # the picture's own page forbids scripts from elsewhere
    width, height, grey = await page.evaluate(_PIXELS, f"data:image/png;base64,{shot}")
    await page.close()
    (found,) = zxingcpp.read_barcodes(memoryview(bytes(grey)).cast("B", shape=[height, width]))
    return found.text
