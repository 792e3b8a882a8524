"""Has clients that others wrote use our simulator of Pushbullet: what they understand, a real client understands.

Arguments: API URL, stream URL, access token, iden of the phone, encryption password. Says "listening" once its stream is
open, and ends with 0 once it has heard and decrypted an SMS.
"""

import asyncio
import json
import queue
import sys

import pushbullet.listener
from asyncpushbullet import AsyncPushbullet
from pushbullet import Listener, Pushbullet

api_url, stream_url, token, phone, password = sys.argv[1:]


def point_at_the_simulator(client):
    for name in dir(client):
        value = getattr(client, name)
        if name.endswith("_URL") and isinstance(value, str):
            setattr(client, name, value.replace("https://api.pushbullet.com", api_url))


async def ask_with_asyncpushbullet():
    """Authenticates by the Access-Token header."""
    client = AsyncPushbullet(api_key=token)
    try:
        user = await client.async_get_user()
        devices = await client.async_get_devices()
    finally:
        await client.async_close()
    assert user["iden"], user
    assert phone in [device.iden for device in devices], devices


point_at_the_simulator(Pushbullet)
point_at_the_simulator(AsyncPushbullet)
pushbullet.listener.WEBSOCKET_URL = stream_url + "/"

asyncio.run(ask_with_asyncpushbullet())

# platypush-pushbullet authenticates by Basic, and asks for devices, chats and channels at once.
client = Pushbullet(token, password)
assert client.user_info["iden"], client.user_info
assert phone in [device.device_iden for device in client.devices], client.devices

heard = queue.Queue()
listener = Listener(account=client, on_push=heard.put)
listener.daemon = True
listener.start()
print("listening", flush=True)
frame = heard.get(timeout=20)
assert frame["type"] == "push" and "stream" in frame["targets"], frame
push = frame["push"]
if push.get("encrypted"):
    push = json.loads(client._decrypt_data(push["ciphertext"]))
assert push["type"] == "sms_changed" and push["source_device_iden"] == phone, push
assert push["notifications"][0]["body"] == "입금 50,000원 홍길동", push

history = client._get_data(f"{api_url}/v2/permanents/{phone}_threads")
history = json.loads(client._decrypt_data(history["ciphertext"]))
assert history["threads"][0]["latest"]["body"] == "입금 50,000원 홍길동", history
print("understood", flush=True)
