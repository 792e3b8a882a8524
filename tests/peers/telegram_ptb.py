"""python-telegram-bot against our simulator of the Bot API: what it expects of Telegram must hold there, too."""

import asyncio
import json
import subprocess
import sys

from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, InvalidToken
from telegram.ext import Application, TypeHandler

READER, PHONE = "1001:reader", "1002:phone"


def bot(url, token):
    return Bot(token, base_url=f"{url}/bot")


def texts(updates):
    return [update.channel_post.text for update in updates if update.channel_post]


async def confirming(url, channel):
    """What is confirmed by a higher offset is gone, and nothing else is."""
    async with bot(url, READER) as reader, bot(url, PHONE) as phone:
        me = await reader.get_me()
        assert (me.id, me.can_read_all_group_messages) == (1001, False), me
        member = await reader.get_updates(timeout=0)
        assert [update.my_chat_member.new_chat_member.status for update in member] == ["administrator"], member
        sent = [await phone.send_message(channel, f"입금 {number}") for number in range(3)]
        assert sent[0].chat.title == "KB 알림", sent
        first = await reader.get_updates(offset=member[-1].update_id + 1, timeout=0)
        assert texts(first) == ["입금 0", "입금 1", "입금 2"], first
        assert [update.channel_post.message_id for update in first] == [message.message_id for message in sent]
        again = await reader.get_updates(timeout=0)
        assert again == first, "not confirmed, so given again"
        rest = await reader.get_updates(offset=first[1].update_id, limit=1, timeout=0)
        assert texts(rest) == ["입금 1"], rest
        last = await reader.get_updates(offset=-1, timeout=0)
        assert texts(last) == ["입금 2"], last
        assert await reader.get_updates(offset=first[-1].update_id + 1, timeout=0) == ()
        own = await phone.get_updates(timeout=0)
        assert texts(own) == [], "a bot does not see its own posts"


async def waiting(url, channel):
    """A poll is held until something comes; a second poll ends the first."""
    async with bot(url, READER) as reader, bot(url, PHONE) as phone:
        held = asyncio.create_task(reader.get_updates(timeout=20))
        await asyncio.sleep(0.2)
        message = await phone.send_message(channel, "입금 10")
        updates = await asyncio.wait_for(held, 5)
        assert texts(updates) == ["입금 10"], updates
        await phone.edit_message_text("입금 11", channel, message.message_id)
        updates = await reader.get_updates(offset=updates[-1].update_id + 1, timeout=5)
        edited = updates[0].edited_channel_post
        assert (edited.text, edited.message_id) == ("입금 11", message.message_id) and edited.edit_date, updates

        after = updates[-1].update_id + 1
        held = asyncio.create_task(reader.get_updates(offset=after, timeout=20))
        await asyncio.sleep(0.2)
        # The library polls over one connection a bot, so the second poll is another bot object's.
        async with bot(url, READER) as rival:
            assert await rival.get_updates(offset=after, timeout=0) == ()
        try:
            await asyncio.wait_for(held, 5)
            raise AssertionError("the first poll goes on")
        except Conflict as conflict:
            assert "terminated by other getUpdates" in str(conflict), conflict


async def refusing(url, channel):
    """Each refusal is the one that the library knows."""
    async with bot(url, READER) as reader:
        await reader.set_webhook("https://127.0.0.1:9/x", secret_token="s")
        info = await reader.get_webhook_info()
        assert info.url == "https://127.0.0.1:9/x", info
        try:
            await reader.get_updates(timeout=0)
            raise AssertionError("polled beside a webhook")
        except Conflict as conflict:
            assert "webhook is active" in str(conflict), conflict
        await reader.delete_webhook()
        try:
            await reader.send_message(-5, "x")
            raise AssertionError("posted to no chat")
        except BadRequest as refused:
            assert "chat not found" in str(refused).lower(), refused
    for wrong in ["1003:nobody", "nonsense"]:
        try:
            async with bot(url, wrong):
                raise AssertionError(f"{wrong} is taken")
        except InvalidToken:
            pass


async def polling(url, channel):
    """The library's own poller gets everything once."""
    seen, done = [], asyncio.Event()

    async def note(update, _context):
        seen.extend(texts([update]))
        if len(seen) == 250:
            done.set()

    application = Application.builder().token(READER).base_url(f"{url}/bot").build()
    application.add_handler(TypeHandler(Update, note))
    async with application, bot(url, PHONE) as phone:
        await application.updater.start_polling(poll_interval=0, timeout=2)
        await application.start()
        for number in range(250):
            await phone.send_message(channel, f"입금 {number}")
        await asyncio.wait_for(done.wait(), 60)
        await application.updater.stop()
        await application.stop()
    assert seen == [f"입금 {number}" for number in range(250)], seen


async def main(simulator):
    child = subprocess.Popen([simulator], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        where = json.loads(child.stdout.readline())
        for story in [confirming, waiting, refusing, polling]:
            await story(where["url"], where["channel"])
            print(f"python-telegram-bot: {story.__name__} agrees")
    finally:
        child.stdin.close()
        child.wait()


asyncio.run(main(sys.argv[1]))
